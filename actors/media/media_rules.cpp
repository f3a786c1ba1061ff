#include "actors/media/media_rules.hpp"

#include "protocols/core/page.hpp"
#include "protocols/transfer/transfer.pb.h"
#include "protocols/views/views.pb.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace nova::media {
namespace {

constexpr std::array<std::string_view, 5> purposes{"", "post", "message", "avatar", "cover"};
// Programs of operating systems: no client shows them, and people are attacked with them.
constexpr std::array<std::string_view, 8> refused_types{
    "application/x-dosexec",        "application/x-executable",
    "application/x-pie-executable", "application/x-sharedlib",
    "application/x-mach-binary",    "application/vnd.microsoft.portable-executable",
    "application/x-msdownload",     "application/x-ms-shortcut"};
constexpr std::array<std::string_view, 7> active_types{
    "text/html",       "application/xhtml+xml", "image/svg+xml",         "text/xml",
    "application/xml", "text/javascript",       "application/javascript"};
// What a container of files looks like from outside: the declared type of the document counts.
constexpr std::array<std::string_view, 5> containers{"application/zip", "application/octet-stream",
                                                     "application/x-ole-storage",
                                                     "application/gzip", "application/cdfv2"};

template <class List>
bool among(const List& list, std::string_view x) {
  return std::ranges::find(list, x) != list.end();
}

std::string bare_type(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && std::isspace(static_cast<unsigned char>(type.back())))
    type.remove_suffix(1);
  while (!type.empty() && std::isspace(static_cast<unsigned char>(type.front())))
    type.remove_prefix(1);
  std::string out(type);
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  // Names in use for one type.
  constexpr std::pair<std::string_view, std::string_view> same[] = {
      {"image/jpg", "image/jpeg"},       {"image/pjpeg", "image/jpeg"},
      {"image/x-png", "image/png"},      {"image/apng", "image/png"},
      {"audio/mp3", "audio/mpeg"},       {"audio/x-mp3", "audio/mpeg"},
      {"audio/wav", "audio/x-wav"},      {"audio/wave", "audio/x-wav"},
      {"audio/vnd.wave", "audio/x-wav"}, {"audio/x-flac", "audio/flac"},
      {"audio/x-m4a", "audio/mp4"},      {"audio/m4a", "audio/mp4"},
      {"video/x-m4v", "video/mp4"},      {"video/x-matroska", "video/webm"},
      {"image/heif", "image/heic"},      {"image/heic-sequence", "image/heic"},
      {"application/ogg", "audio/ogg"},  {"audio/opus", "audio/ogg"},
      {"audio/x-aac", "audio/aac"},      {"audio/x-hx-aac-adts", "audio/aac"},
      {"audio/webm", "video/webm"},      {"video/ogg", "audio/ogg"},
      {"video/quicktime", "video/mp4"},  {"audio/mp4", "video/mp4"},
      {"video/3gpp", "video/mp4"}};
  for (const auto& [name, to] : same)
    if (out == name) return std::string(to);
  return out;
}

std::string family(std::string_view type) { return std::string(type.substr(0, type.find('/'))); }

bool is_seen(std::string_view type) {
  const auto f = family(type);
  return (f == "image" && type != "image/svg+xml") || f == "video" || f == "audio";
}

std::string kind_of(std::string_view type) { return is_seen(type) ? family(type) : "file"; }

error type_error(std::string detail) {
  return make_error(errc::unsupported_media_type, std::move(detail));
}

bool needs_picture(std::string_view purpose) { return purpose == "avatar" || purpose == "cover"; }

std::string path_of(const media_row& row, std::string_view rest) {
  return "/v1/media/" + to_string(row.media_id) + std::string(rest);
}

/// The name with the ending of the content that is shown: a film may have been put into another container.
std::string shown_name(const media_row& row) {
  constexpr std::pair<std::string_view, std::array<std::string_view, 4>> endings[] = {
      {"video/mp4", {".mp4", ".m4v", ".mov", ".3gp"}},
      {"audio/mp4", {".m4a", ".mp4", ".m4b", ".aac"}},
      {"video/x-matroska", {".mkv", ".mkv", ".webm", ".mk3d"}},
      {"audio/x-matroska", {".mka", ".mkv", ".mka", ".webm"}}};
  const auto at = row.file_name.rfind('.');
  if (!row.shown_blob || at == row.file_name.npos || at == 0) return row.file_name;
  auto ending = row.file_name.substr(at);
  for (auto& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const auto& [type, known] : endings)
    if (type == row.content_type && !among(known, ending))
      return row.file_name.substr(0, at) + std::string(known.front());
  return row.file_name;
}

/// `hex`: two digits for each peak.
void add_waveform(views::Media& to, std::string_view hex) {
  auto& peaks = *to.mutable_waveform()->mutable_peaks();
  for (std::size_t at = 0; at + 2 <= hex.size(); at += 2) {
    std::int64_t peak = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, peak, 16);
    peaks.Add(peak);
  }
}

}  // namespace

error no_such_media() { return make_error(errc::not_found, "There is no such medium."); }
error no_such_upload() { return make_error(errc::not_found, "There is no such upload."); }

result<void> check_open(const transfer::OpenRequest& q, const config::media_settings& s) {
  const auto most =
      q.at_once() ? std::min(s.at_once_bytes, s.max_upload_bytes) : s.max_upload_bytes;
  if (q.length() > most)
    return make_error(errc::payload_too_large, "An upload has at most " + std::to_string(most) +
                                                   " bytes; this one has " +
                                                   std::to_string(q.length()) + '.');
  if (q.length() < 0) return invalid_field("length", "The length is negative.");
  if (!among(purposes, q.purpose()))
    return invalid_field("purpose", "It is one of post, message, avatar, cover.");
  const auto declared = bare_type(q.content_type());
  if (among(refused_types, declared)) return type_error("Programs are not taken.");
  if (needs_picture(q.purpose()) && !declared.empty() && declared != "application/octet-stream" &&
      kind_of(declared) != "image")
    return type_error("This purpose needs a picture.");
  return {};
}

result<void> check_quota(std::int64_t length, std::int64_t used, std::int64_t reserved,
                         const config::media_settings& s) {
  if (length <= s.quota_bytes - used - reserved) return {};
  return make_error(errc::quota_exceeded,
                    std::to_string(used) + " of " + std::to_string(s.quota_bytes) +
                        " bytes are used and " + std::to_string(reserved) +
                        " promised to other uploads; this one has " + std::to_string(length) + '.');
}

// `found` is a guess by the first bytes. It is certain about pictures, sound, video and programs, and vague about documents and texts.
result<content_kind> judge_content(std::string_view declared_type, std::string_view found_type,
                                   std::string_view purpose) {
  const auto declared = bare_type(declared_type), found = bare_type(found_type);
  if (among(refused_types, found) || among(refused_types, declared))
    return type_error("Programs are not taken.");
  const bool any = declared.empty() || declared == "application/octet-stream";
  std::string type = any ? found : declared;
  const bool certain = is_seen(found) || is_seen(declared) || is_active_type(found);
  if (!any && certain && declared != found) {
    const bool vague_sound =
        is_seen(declared) && family(declared) != "image" && among(containers, found);
    const bool both_active =
        is_active_type(declared) && (is_active_type(found) || found == "text/plain");
    if (!vague_sound && !both_active)
      return type_error("The content looks like " + found + ", not like " + declared + '.');
  }
  if (!any && !certain && declared != found && declared.starts_with("text/") &&
      !found.starts_with("text/") && !among(containers, found) && found != "application/json" &&
      found != "application/x-empty" && found != "application/csv")
    return type_error("The content looks like " + found + ", not like " + declared + '.');
  // Names that a client wrote stay where they mean the same.
  if (!any && declared == found && !is_active_type(found)) {
    auto written = std::string(declared_type.substr(0, declared_type.find(';')));
    std::ranges::transform(written, written.begin(),
                           [](unsigned char c) { return std::tolower(c); });
    if (is_seen(written)) type = written == "image/jpg" ? "image/jpeg" : written;
  } else if (any) {
    type = std::string(found_type.substr(0, found_type.find(';')));
  }
  if (type.empty() || type == "application/x-empty") type = "application/octet-stream";
  if (needs_picture(purpose) && kind_of(type) != "image")
    return type_error("This purpose needs a picture.");
  return content_kind{type, kind_of(type)};
}

bool needs_worker(std::string_view kind) {
  return kind == "image" || kind == "video" || kind == "audio";
}

bool is_active_type(std::string_view type) {
  return among(active_types, type) || type.ends_with("+xml");
}

views::Media media_message(const media_row& row, std::span<const variant_row> variants,
                           shown_to whom, const url_signer& signer, std::uint32_t url_ttl_s) {
  constexpr std::string_view states[] = {"processing", "ready", "failed"};
  views::Media m;
  m.set_media_id(to_string(row.media_id));
  m.set_state(std::string(states[static_cast<std::size_t>(row.state)]));
  m.set_kind(row.kind);
  m.set_content_type(row.content_type);
  m.set_size(row.shown_size.value_or(row.size));
  if (row.width) m.set_width(*row.width);
  if (row.height) m.set_height(*row.height);
  if (row.duration_ms) m.set_duration_ms(*row.duration_ms);
  if (row.blurhash) m.set_blurhash(*row.blurhash);
  if (row.alt) m.set_alt(*row.alt);
  if (row.waveform) add_waveform(m, *row.waveform);
  if (row.state == media_state::failed)
    m.mutable_error()->set_code(std::string(describe(errc::unreadable_media).name));
  const auto sign = [&](const std::string& path) { return signer.sign(path, whom.now, url_ttl_s); };
  for (const auto& v : variants) {
    if (v.media_id != row.media_id) continue;
    auto& to = (*m.mutable_variants())[v.name];
    to.set_url(sign(path_of(row, "/variants/" + v.name)));
    to.set_width(v.width);
    to.set_height(v.height);
    to.set_size(v.size);
  }
  const bool open = whom.owner || row.state == media_state::ready || !needs_worker(row.kind);
  const auto path = path_of(row, "/content");
  m.set_url(open ? sign(path) : path);
  m.set_owner_id(to_string(row.account));
  return m;
}

transfer::Upload upload_message(const upload_row& row) {
  transfer::Upload u;
  u.set_upload_id(to_string(row.upload_id));
  u.set_length(row.length);
  u.set_offset(row.written);
  u.set_expires_at(row.expires_at);
  u.set_metadata(row.metadata);
  u.set_partial(row.partial);
  for (const auto& id : row.parts) u.add_parts(to_string(id));
  if (row.media_id) u.set_media_id(to_string(*row.media_id));
  return u;
}

std::string exported_name(const media_row& row) {
  constexpr std::size_t most_bytes = 200;
  auto end = std::min(row.file_name.size(), most_bytes);
  while (end > 0 && end < row.file_name.size() && (row.file_name[end] & 0xc0) == 0x80) --end;
  auto name = row.file_name.substr(0, end);
  for (auto& c : name)
    if (c == '/' || c == '\\' || c == ':' || static_cast<unsigned char>(c) < 0x20) c = '_';
  return "files/" + to_string(row.media_id) + (name.empty() ? "" : '-' + name);
}

result<transfer::ReadReply> readable(const media_row& row, std::span<const variant_row> variants,
                                     std::string_view variant, bool owner) {
  transfer::ReadReply out;
  out.set_owner_id(to_string(row.account));
  out.set_file_name(shown_name(row));
  if (!variant.empty()) {
    const auto found = std::ranges::find(variants, variant, &variant_row::name);
    if (found == variants.end()) return no_such_media();
    out.set_blob(found->blob);
    out.set_size(found->size);
    out.set_content_type(found->content_type);
    return out;
  }
  if (needs_worker(row.kind) && row.state != media_state::ready && !owner) return no_such_media();
  out.set_blob(row.shown_blob.value_or(row.blob));
  out.set_size(row.shown_size.value_or(row.size));
  out.set_content_type(row.content_type);
  out.set_attachment(is_active_type(row.content_type) || row.state == media_state::failed);
  return out;
}

}  // namespace nova::media
