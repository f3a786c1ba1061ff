#include "actors/streaming/streaming_rules.hpp"

#include "protocols/core/jwt.hpp"
#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"
#include "protocols/live/addresses.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace nova::streaming {
namespace {

constexpr unix_ms end_of_time = 253'402'300'799'999;
constexpr std::array<std::string_view, 4> state_names = {"waiting", "live", "interrupted", "ended"};

/// The title as it is kept, or what is wrong with it.
std::string take_title(std::string_view raw, std::vector<field_error>& bad) {
  auto name = check_name(raw, max_title_code_points);
  if (!name.problem.empty()) bad.push_back({"title", std::string(name.problem)});
  else if (name.text.empty()) bad.push_back({"title", "A title shows something."});
  return std::move(name.text);
}

}  // namespace

std::string_view name_of(stream_state_name s) {
  return state_names[static_cast<std::size_t>(s) - 1];
}

std::optional<stream_state_name> state_of(std::string_view name) {
  const auto at = std::ranges::find(state_names, name);
  if (at == state_names.end()) return std::nullopt;
  return static_cast<stream_state_name>(at - state_names.begin() + 1);
}

std::string_view name_of(visibility v) {
  return v == visibility::followers ? "followers" : "public";
}

visibility visibility_of(std::string_view name) {
  return name == "followers" ? visibility::followers : visibility::everyone;
}

result<stream_row> checked_stream(const CreateStreamRequest& q, unix_ms now) {
  std::vector<field_error> bad;
  stream_row row;
  row.title = take_title(q.title(), bad);
  row.visible_to = visibility_of(q.visibility());
  row.record = q.record();
  row.created_at = now;
  if (q.has_scheduled_at()) row.scheduled_at = q.scheduled_at();
  if (q.has_scheduled_at() && q.scheduled_at() <= now)
    bad.push_back({"scheduled_at", "This time is over."});
  if (!bad.empty())
    return make_error(errc::invalid_request, "Some fields are not valid.", std::move(bad));
  return row;
}

result<stream_row> changed_stream(stream_row row, const UpdateStreamRequest& q, unix_ms now) {
  std::vector<field_error> bad;
  if (q.has_title()) row.title = take_title(q.title(), bad);
  if (q.has_visibility()) row.visible_to = visibility_of(q.visibility());
  if (q.has_record()) row.record = q.record();
  if (q.has_scheduled_at()) {
    if (q.scheduled_at() <= now) bad.push_back({"scheduled_at", "This time is over."});
    row.scheduled_at = q.scheduled_at();
  }
  if (!bad.empty())
    return make_error(errc::invalid_request, "Some fields are not valid.", std::move(bad));
  return row;
}

std::string make_key(const uuid& stream, random_source& random) {
  std::array<std::uint8_t, 32> secret{};
  random.fill(secret);
  auto id = to_string(stream);
  std::erase(id, '-');
  return id + '.' + base64url_encode(secret);
}

std::string hash_of_key(std::string_view key) {
  std::string out(crypto_generichash_BYTES, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                     reinterpret_cast<const unsigned char*>(key.data()), key.size(), nullptr, 0);
  return out;
}

bool is_key(const stream_row& row, std::string_view key) {
  const auto hash = hash_of_key(key);
  return hash.size() == row.key_hash.size() &&
         sodium_memcmp(hash.data(), row.key_hash.data(), hash.size()) == 0;
}

live::Ingest ingest_message(const uuid& stream, std::string key,
                            const config::streaming_settings& s) {
  live::Ingest out;
  out.set_rtmp_url(s.rtmp_url);
  out.set_hls_put_url(s.public_url + "/v1/ingest/" + to_string(stream) + '/' + key);
  out.set_key(std::move(key));
  return out;
}

std::string playback_query(const uuid& stream, const uuid& viewer, const url_signer& urls,
                           random_source& random, unix_ms now, std::uint32_t ttl_s) {
  std::array<std::uint8_t, 24> bytes{};
  std::ranges::copy(viewer, bytes.begin());
  random.fill(std::span(bytes).subspan(16));
  const auto token = base64url_encode(bytes);
  const auto path = live_path(to_string(stream), token);
  return "token=" + token + '&' + urls.sign(path, now, ttl_s).substr(path.size() + 1);
}

std::string playback_url(const uuid& stream, std::string_view query) {
  return "/v1/streams/" + to_string(stream) + "/live/index.m3u8?" + std::string(query);
}

Stream stream_message(const stream_row& row, std::int64_t viewers) {
  Stream out;
  out.set_stream_id(to_string(row.stream_id));
  out.mutable_owner()->set_account_id(to_string(row.owner));
  out.set_title(row.title);
  out.set_visibility(std::string(name_of(row.visible_to)));
  out.set_state(std::string(name_of(row.state)));
  out.set_viewers(viewers);
  out.set_peak(row.peak);
  out.set_created_at(row.created_at);
  if (row.scheduled_at) out.set_scheduled_at(*row.scheduled_at);
  if (row.started_at) out.set_started_at(*row.started_at);
  if (row.ended_at) out.set_ended_at(*row.ended_at);
  out.set_record(row.record);
  if (row.recording) out.set_recording_media_id(to_string(*row.recording));
  out.set_conversation_id(to_string(row.conversation));
  return out;
}

live::Segment segment_message(const segment_row& row) {
  live::Segment out;
  out.set_number(row.number);
  out.set_blob(row.blob);
  out.set_size(row.size);
  out.set_duration_ms(row.duration_ms);
  out.set_at(row.at);
  out.set_discontinuous(row.discontinuous);
  out.set_init_blob(row.init_blob);
  out.set_init_size(row.init_size);
  out.set_extension(row.extension);
  return out;
}

progress new_segments(const stream_row& row, const playlist& p,
                      const std::map<std::string, upload_row>& uploads, unix_ms now) {
  progress out{{}, {}, row.sequence};
  for (const auto& segment : p.segments) {
    const auto file = uploads.find(segment.file);
    const auto init = uploads.find(segment.init_file);
    const bool there = file != uploads.end() && file->second.number < 0 &&
                       (segment.init_file.empty() || init != uploads.end());
    if (segment.sequence <= out.sequence || !there) continue;
    segment_row added;
    added.number = row.next_number + std::ssize(out.added);
    added.blob = file->second.blob;
    added.size = file->second.size;
    added.duration_ms = segment.duration_ms;
    added.at = now;
    const bool follows = out.sequence >= 0 && segment.sequence == out.sequence + 1;
    added.discontinuous = added.number > 0 && (segment.discontinuous || !follows);
    if (!segment.init_file.empty()) {
      added.init_blob = init->second.blob;
      added.init_size = init->second.size;
    }
    added.extension = extension_of(segment.file);
    out.sequence = segment.sequence;
    out.taken.emplace_back(segment.file, added.number);
    out.added.push_back(std::move(added));
  }
  return out;
}

std::string cursor_of(store::place p) { return std::to_string(p.at) + '.' + to_string(p.id); }

result<store::place> place_of(const std::string* cursor) {
  if (cursor == nullptr) return store::place{end_of_time, {}};
  store::place p;
  const auto* end = cursor->data() + cursor->size();
  const auto [at, failed] = std::from_chars(cursor->data(), end, p.at);
  const bool fits =
      failed == std::errc() && at != end && *at == '.' && p.at >= 0 && p.at <= end_of_time;
  const auto id = fits ? parse_uuid(std::string_view(at + 1, end)) : std::nullopt;
  if (!id) return invalid_field("cursor", "This is not a cursor that was given out.");
  p.id = *id;
  return p;
}

error no_such_stream() { return make_error(errc::not_found, "There is no such stream."); }

}  // namespace nova::streaming
