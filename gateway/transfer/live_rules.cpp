#include "gateway/transfer/live_rules.hpp"

#include "gateway/codec/route_table.hpp"
#include "protocols/core/jwt.hpp"
#include "protocols/live/addresses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace nova::gateway {
namespace {

constexpr std::string_view ingest_root = "/v1/ingest/";
constexpr std::string_view streams_root = "/v1/streams/";
constexpr std::string_view playlist_name = "index.m3u8";
constexpr std::string_view init_name = "init-";

/// The part before the next slash; the path goes on behind it.
std::string_view next_part(std::string_view& path) {
  const auto slash = std::min(path.find('/'), path.size());
  const auto part = path.substr(0, slash);
  path.remove_prefix(std::min(slash + 1, path.size()));
  return part;
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t out = 0;
  const auto* end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, out);
  if (failed != std::errc() || at != end || out < 0) return std::nullopt;
  return out;
}

}  // namespace

std::optional<ingest_path> ingest_of(std::string_view path) {
  if (!path.starts_with(ingest_root)) return std::nullopt;
  path.remove_prefix(ingest_root.size());
  ingest_path out;
  out.stream_id = next_part(path);
  out.key = next_part(path);
  out.file = path;
  if (out.stream_id.empty() || out.key.empty() || out.file.empty()) return std::nullopt;
  return out;
}

std::optional<live_file> live_file_of(std::string_view path) {
  if (!path.starts_with(streams_root)) return std::nullopt;
  path.remove_prefix(streams_root.size());
  live_file out;
  out.stream_id = next_part(path);
  if (out.stream_id.empty() || next_part(path) != "live") return std::nullopt;
  if (path == playlist_name) return out;
  out.what = live_file::kind::segment;
  if (path.starts_with(init_name)) {
    out.what = live_file::kind::init;
    path.remove_prefix(init_name.size());
  }
  const auto number = number_of(path.substr(0, path.find('.')));
  if (!number || path.find('.') == path.npos) return std::nullopt;
  out.number = *number;
  return out;
}

std::optional<playback> signed_playback(std::string_view stream_id, std::string_view query,
                                        const url_signer& signer, unix_ms now) {
  const auto parameters = read_query(query);
  if (!parameters) return std::nullopt;
  std::string token, until, sig;
  for (const auto& [name, value] : *parameters) {
    if (name == "token") token = value;
    if (name == "until") until = value;
    if (name == "sig") sig = value;
  }
  if (token.empty() || sig.empty() || !signer.good(live_path(stream_id, token), until, sig, now))
    return std::nullopt;
  return playback{fmt::format("token={}&until={}&sig={}", token, until, sig), token};
}

std::optional<uuid> viewer_of(std::string_view token) {
  const auto bytes = base64url_decode(token);
  uuid out{};
  if (!bytes || bytes->size() < out.size()) return std::nullopt;
  std::copy_n(bytes->begin(), out.size(), out.begin());
  if (out.is_nil()) return std::nullopt;
  return out;
}

std::string playlist_text(const live::Window& w, std::string_view query) {
  const int first = w.segments_size() > 3 ? w.segments_size() / 3 : 0;
  auto discontinuities = w.discontinuities();
  for (int i = 0; i < first; ++i) discontinuities += w.segments(i).discontinuous() ? 1 : 0;
  const bool maps = std::ranges::any_of(
      w.segments(), [](const live::Segment& s) { return !s.init_blob().empty(); });
  std::string out = fmt::format(
      "#EXTM3U\n#EXT-X-VERSION:{}\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{}\n",
      maps ? 7 : 3, w.target_s(), w.segments_size() == 0 ? 0 : w.segments(first).number());
  if (discontinuities > 0)
    out += fmt::format("#EXT-X-DISCONTINUITY-SEQUENCE:{}\n", discontinuities);
  const std::string* init = nullptr;
  for (int i = first; i < w.segments_size(); ++i) {
    const auto& s = w.segments(i);
    if (s.discontinuous() && i > first) out += "#EXT-X-DISCONTINUITY\n";
    if (!s.init_blob().empty() && (init == nullptr || *init != s.init_blob() || s.discontinuous()))
      out += fmt::format("#EXT-X-MAP:URI=\"init-{}.mp4?{}\"\n", s.number(), query);
    init = &s.init_blob();
    out += fmt::format("#EXT-X-PROGRAM-DATE-TIME:{}\n#EXTINF:{}.{:03},\n{}.{}?{}\n",
                       format_rfc3339(s.at() - s.duration_ms()), s.duration_ms() / 1000,
                       s.duration_ms() % 1000, s.number(), s.extension(), query);
  }
  if (w.over()) out += "#EXT-X-ENDLIST\n";
  return out;
}

std::string_view segment_type(std::string_view extension) {
  if (extension == "ts") return "video/mp2t";
  if (extension == "aac") return "audio/aac";
  if (extension == "m4s") return "video/iso.segment";
  return extension == "m4a" ? "audio/mp4" : "video/mp4";
}

}  // namespace nova::gateway
