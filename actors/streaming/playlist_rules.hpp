// The encoder's media playlist, read (RFC 8216 §4). Pure; called by the handlers of publishing.
#pragma once

#include "protocols/core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nova::streaming {

inline constexpr std::size_t max_playlist_bytes = 256 * 1024;
inline constexpr std::size_t max_playlist_segments = 1'000;
inline constexpr std::int64_t max_segment_ms = 60'000;

struct playlist_segment {
  std::int64_t sequence = 0;  ///< EXT-X-MEDIA-SEQUENCE plus its place
  std::string file;           ///< the last part of its address
  std::int64_t duration_ms = 0;
  bool discontinuous = false;
  std::string init_file;  ///< of EXT-X-MAP; empty: none
};

struct playlist {
  std::vector<playlist_segment> segments;
  bool ended = false;  ///< EXT-X-ENDLIST
};

/// Errors: invalid_request: no media playlist, a segment without a duration or with one above `max_segment_ms`, a byte range,
/// encryption, too many segments.
result<playlist> parse_playlist(std::string_view text);

enum class file_kind : std::uint8_t { playlist, segment };
/// The kind of a file that an encoder puts, by its extension. Errors: invalid_request: not 1 to 128 of [A-Za-z0-9._-], a leading
/// dot, another extension.
result<file_kind> checked_file(std::string_view file);
/// Behind the last dot, in lower case.
std::string extension_of(std::string_view file);

}  // namespace nova::streaming
