#include "actors/streaming/playlist_rules.hpp"

#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace nova::streaming {
namespace {

constexpr std::size_t max_file_bytes = 128;

error bad_playlist(std::string detail) { return invalid_field("playlist", std::move(detail)); }

std::string_view next_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string last_part(std::string_view address) {
  address = address.substr(0, address.find_first_of("?#"));
  if (const auto slash = address.rfind('/'); slash != address.npos)
    address.remove_prefix(slash + 1);
  return std::string(address);
}

/// The quoted value of `name` in an attribute list.
std::string attribute(std::string_view list, std::string_view name) {
  const auto key = std::string(name) + "=\"";
  const auto at = list.find(key);
  if (at == list.npos) return {};
  list.remove_prefix(at + key.size());
  return std::string(list.substr(0, list.find('"')));
}

std::optional<double> number(std::string_view text) {
  double out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || !std::isfinite(out)) return std::nullopt;
  return out;
}

/// Reads one line after the other.
class reader {
 public:
  /// Empty: the line is right, or nothing that counts here.
  std::string take(std::string_view line) {
    if (line.starts_with("#EXTINF:")) return take_duration(line.substr(8));
    if (line.starts_with("#EXT-X-MEDIA-SEQUENCE:")) {
      const auto n = number(line.substr(22));
      if (!n || *n < 0 || *n > 9e15) return "EXT-X-MEDIA-SEQUENCE is not a number.";
      sequence_ = static_cast<std::int64_t>(*n);
    } else if (line.starts_with("#EXT-X-DISCONTINUITY") &&
               !line.starts_with("#EXT-X-DISCONTINUITY-")) {
      discontinuous_ = true;
    } else if (line.starts_with("#EXT-X-MAP:")) {
      if (line.find("BYTERANGE") != line.npos) return "Byte ranges are not taken.";
      init_ = last_part(attribute(line, "URI"));
    } else if (line.starts_with("#EXT-X-BYTERANGE")) {
      return "Byte ranges are not taken.";
    } else if (line.starts_with("#EXT-X-KEY:") && line.find("METHOD=NONE") == line.npos) {
      return "Encrypted segments are not taken.";
    } else if (line.starts_with("#EXT-X-STREAM-INF") || line.starts_with("#EXT-X-I-FRAME")) {
      return "A playlist of playlists is not taken; put one media playlist.";
    } else if (line.starts_with("#EXT-X-ENDLIST")) {
      out_.ended = true;
    } else if (!line.empty() && line.front() != '#') {
      return take_segment(line);
    }
    return {};
  }

  playlist result() { return std::move(out_); }

 private:
  std::string take_duration(std::string_view text) {
    const auto seconds = number(text.substr(0, text.find(',')));
    if (!seconds || *seconds < 0 || *seconds * 1000 > max_segment_ms)
      return "A segment lasts 0 to 60 seconds.";
    duration_ms_ = std::llround(*seconds * 1000);
    return {};
  }

  std::string take_segment(std::string_view line) {
    if (!duration_ms_) return "A segment has no EXTINF.";
    if (out_.segments.size() == max_playlist_segments) return "Too many segments.";
    out_.segments.push_back({sequence_++, last_part(line), *duration_ms_, discontinuous_, init_});
    duration_ms_.reset();
    discontinuous_ = false;
    return {};
  }

  playlist out_;
  std::int64_t sequence_ = 0;
  std::optional<std::int64_t> duration_ms_;
  bool discontinuous_ = false;
  std::string init_;
};

}  // namespace

result<playlist> parse_playlist(std::string_view text) {
  if (text.size() > max_playlist_bytes) return bad_playlist("At most 256 KiB are allowed.");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (next_line(text) != "#EXTM3U") return bad_playlist("A playlist begins with #EXTM3U.");
  reader lines;
  while (!text.empty())
    if (auto problem = lines.take(next_line(text)); !problem.empty())
      return bad_playlist(std::move(problem));
  return lines.result();
}

std::string extension_of(std::string_view file) {
  const auto dot = file.rfind('.');
  return dot == file.npos ? std::string() : ascii_lower(file.substr(dot + 1));
}

result<file_kind> checked_file(std::string_view file) {
  static constexpr std::array segment_types = {"ts", "m4s", "mp4", "m4a", "m4v", "aac"};
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (file.empty() || file.size() > max_file_bytes || file.front() == '.' ||
      !std::ranges::all_of(file, good))
    return invalid_field("file", "A file's name is 1 to 128 of A-Z, a-z, 0-9, '.', '_', '-'.");
  const auto type = extension_of(file);
  if (type == "m3u8") return file_kind::playlist;
  if (std::ranges::find(segment_types, type) != segment_types.end()) return file_kind::segment;
  return invalid_field("file",
                       "A file is a playlist (m3u8) or a segment (ts, m4s, mp4, m4a, m4v, aac).");
}

}  // namespace nova::streaming
