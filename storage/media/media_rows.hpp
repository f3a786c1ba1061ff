// Rows of media's tables as structs; made from query results by actors/media.
#pragma once

#include "storage/database/value.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nova::media {

struct library_row {
  std::int64_t used = 0;
  bool closed = false;
};

struct upload_row {
  uuid upload_id{};
  uuid account{};
  std::int64_t length = 0;
  std::int64_t written = 0;  ///< bytes that are on disk
  unix_ms expires_at = 0;
  std::string metadata, file_name, content_type, purpose;
  bool at_once = false;
  bool partial = false;
  bool done = false;
  std::vector<uuid> parts;
  std::optional<uuid> media_id;
};

enum class media_state : std::int64_t { processing = 0, ready = 1, failed = 2 };

struct media_row {
  uuid media_id{};
  uuid account{};
  media_state state = media_state::processing;
  std::string kind, content_type;
  std::int64_t size = 0;
  std::string file_name, purpose, blob;
  std::optional<std::string> shown_blob;
  std::optional<std::int64_t> shown_size, width, height, duration_ms;
  std::optional<std::string> blurhash, alt;
  unix_ms created_at = 0;
  bool idle = false;
  std::optional<uuid> stream;  ///< of a recording; its blob is empty until its bytes are kept
  std::optional<std::string> waveform;  ///< two hex digits for each peak
  std::int64_t making = 0;              ///< the way in which its variants were made
};

struct variant_row {
  uuid media_id{};
  std::string name, blob, content_type;
  std::int64_t width = 0, height = 0, size = 0;
};

struct reference_row {
  std::string kind;
  uuid place{};
  bool active = true;
};

library_row read_library(const storage::rows& r);
std::vector<upload_row> read_uploads(const storage::rows& r);
std::vector<media_row> read_media(const storage::rows& r);
std::vector<variant_row> read_variants(const storage::rows& r);
std::vector<reference_row> read_references(const storage::rows& r);
/// One column of texts: names of blobs, or of parts.
std::vector<std::string> read_names(const storage::rows& r);

}  // namespace nova::media
