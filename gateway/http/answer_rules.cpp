#include "gateway/http/answer_rules.hpp"

#include "gateway/access/origins.hpp"
#include "protocols/core/ids.hpp"
#include "protocols/core/text.hpp"

#include <algorithm>

namespace nova::gateway {
namespace {

template <class F>
bool any_item(std::string_view list, F f) {
  while (true) {
    auto comma = list.find(',');
    if (f(without_blanks(list.substr(0, comma)))) return true;
    if (comma == list.npos) return false;
    list.remove_prefix(comma + 1);
  }
}

bool zero_weight(std::string_view parameters) {
  auto q = without_blanks(parameters);
  if (!q.starts_with("q=") && !q.starts_with("Q=")) return false;
  return q.find_first_of("123456789") == q.npos;
}

void vary(http_answer& a, std::string_view by) {
  auto at = std::find_if(a.fields.begin(), a.fields.end(),
                         [](const auto& f) { return f.first == "Vary"; });
  if (at == a.fields.end()) a.fields.emplace_back("Vary", by);
  else at->second.append(", ").append(by);
}

// All of tus, so that uploads work from pages of other origins.
constexpr std::string_view exposed =
    "X-Request-Id, Retry-After, Location, ETag, Content-Range, Content-Disposition, Accept-Ranges, "
    "Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm, "
    "Upload-Offset, Upload-Length, Upload-Defer-Length, Upload-Metadata, Upload-Expires, "
    "Upload-Concat, Upload-Media-Id";
constexpr std::string_view accepted =
    "Authorization, Content-Type, Idempotency-Key, X-Request-Id, If-None-Match, If-Match, "
    "If-Range, "
    "Range, "
    "Tus-Resumable, Upload-Offset, Upload-Length, Upload-Defer-Length, Upload-Metadata, "
    "Upload-Concat, Upload-Checksum, X-HTTP-Method-Override";

void let_read(http_answer& a, std::string_view origin) {
  a.fields.emplace_back("Access-Control-Allow-Origin", origin);
  a.fields.emplace_back("Access-Control-Expose-Headers", exposed);
}

void take_gzip(http_answer& a) {
  a.shared_body = std::move(a.gzip_body);
  a.fields.emplace_back("Content-Encoding", "gzip");
  if (!a.etag.empty()) a.etag.insert(a.etag.size() - 1, "-gzip");
}

}  // namespace

std::string etag_of(std::string_view content) {
  constexpr std::string_view digits = "0123456789abcdef";
  auto hash = stable_hash(content);
  std::string out = "\"";
  for (int shift = 60; shift >= 0; shift -= 4) out += digits[hash >> shift & 15];
  return out += '"';
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  if (if_none_match.empty() || etag.empty()) return false;
  return any_item(if_none_match, [&](std::string_view item) {
    if (item.starts_with("W/")) item.remove_prefix(2);
    return item == etag || item == "*";
  });
}

bool takes_gzip(std::string_view accept_encoding) {
  bool any = false, gzip = false, refused = false;
  any_item(accept_encoding, [&](std::string_view item) {
    auto semicolon = item.find(';');
    auto name = without_blanks(item.substr(0, semicolon));
    bool zero = semicolon != item.npos && zero_weight(item.substr(semicolon + 1));
    if (same_ignoring_case(name, "gzip")) (zero ? refused : gzip) = true;
    if (name == "*" && !zero) any = true;
    return false;
  });
  return gzip || (any && !refused);
}

void suit(http_answer& a, const answer_wishes& wishes, std::span<const std::string> origins) {
  if (a.gzip_body) vary(a, "Accept-Encoding");
  if (a.gzip_body && takes_gzip(wishes.accept_encoding)) take_gzip(a);
  if (!a.etag.empty()) a.fields.emplace_back("ETag", a.etag);
  if (a.status == 200 && names_etag(wishes.if_none_match, a.etag)) {
    a.status = 304;
    a.content_type.clear();
    a.body.clear();
    a.shared_body = nullptr;
    a.file.reset();
  }
  if (origins.empty()) return;
  vary(a, "Origin");
  if (!wishes.origin.empty() && listed_origin(wishes.origin, origins)) let_read(a, wishes.origin);
}

http_answer preflight_answer() {
  http_answer out;
  out.status = 204;
  out.fields.emplace_back("Access-Control-Allow-Methods",
                          "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  out.fields.emplace_back("Access-Control-Allow-Headers", accepted);
  out.fields.emplace_back("Access-Control-Max-Age", "7200");
  return out;
}

}  // namespace nova::gateway
