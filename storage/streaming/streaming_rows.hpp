// Rows of streaming's tables as structs; made from query results by actors/streaming.
#pragma once

#include "storage/database/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nova::streaming {

enum class visibility : std::uint8_t { everyone = 1, followers };
enum class stream_state_name : std::uint8_t { waiting = 1, live, interrupted, ended };

/// A stream as its entity keeps it.
struct stream_row {
  uuid stream_id{}, owner{}, conversation{};
  std::string title;
  streaming::visibility visible_to = visibility::everyone;
  stream_state_name state = stream_state_name::waiting;
  bool record = false;
  unix_ms created_at = 0;
  std::optional<unix_ms> scheduled_at, started_at, ended_at;
  std::int64_t viewers = 0, peak = 0;
  std::string key_hash;
  std::optional<uuid> recording;
  bool recorded = false;  ///< media has answered: its segments are not needed any more

  /// Its segments stay for a recording.
  bool keeps_segments() const { return record && started_at && !recorded; }
  // The encoder
  std::int64_t run = 0;
  std::string publisher;
  unix_ms last_at = 0;  ///< 0: no encoder is there
  std::int64_t sequence = -1;
  std::int64_t next_number = 0;
  std::int64_t discontinuities = 0;
  bool closed = false;  ///< its owner has closed the account; not a column of its own
};

struct upload_row {
  std::string file, blob;
  std::int64_t size = 0;
  std::int64_t number =
      -1;  ///< of the segment that was made of it; −1: none yet. Not stored: then it has no row
};

struct segment_row {
  std::int64_t number = 0;
  std::string blob;
  std::int64_t size = 0, duration_ms = 0;
  unix_ms at = 0;
  bool discontinuous = false;
  std::string init_blob;  ///< empty: none
  std::int64_t init_size = 0;
  std::string extension;
};

/// From store::load_stream and the lists.
std::vector<stream_row> read_streams(const storage::rows& r);
std::vector<upload_row> read_uploads(const storage::rows& r);
/// In the order of the query.
std::vector<segment_row> read_segments(const storage::rows& r);
/// From store::may_see. False without a row.
bool read_flag(const storage::rows& r);
std::vector<std::string> read_names(const storage::rows& r);
std::vector<uuid> read_ids(const storage::rows& r);
std::int64_t read_count(const storage::rows& r);

}  // namespace nova::streaming
