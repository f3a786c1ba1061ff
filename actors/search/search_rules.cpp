#include "actors/search/search_rules.hpp"

#include "protocols/core/jwt.hpp"
#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"

#include <algorithm>

namespace nova::search {
namespace {

/// All but the limit and the cursor.
std::uint64_t name_of_question(FindRequest q) {
  q.clear_limit();
  q.clear_cursor();
  return stable_hash(q.SerializeAsString());
}

bool valid_time(std::int64_t at) { return at >= 0 && at <= store::end_of_time; }

std::optional<Position> parse_cursor(const std::string& text, std::uint64_t question) {
  const auto bytes = base64url_decode(text);
  Position p;
  if (!bytes || !p.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())))
    return std::nullopt;
  const bool sound = p.question() == question && valid_time(p.as_of()) &&
                     valid_time(p.posts_at()) && valid_time(p.messages_at()) &&
                     id_in(p.posts_id()) && id_in(p.posts_last()) && id_in(p.messages_id()) &&
                     id_in(p.users_id());
  return sound ? std::optional(std::move(p)) : std::nullopt;
}

Position first_page(unix_ms now, std::uint64_t question) {
  const auto last = bytes_of(store::last_id());
  Position p;
  p.set_as_of(now);
  p.set_posts_at(store::end_of_time);
  p.set_posts_id(last);
  p.set_posts_last(last);
  p.set_messages_at(store::end_of_time);
  p.set_messages_id(last);
  p.set_users_score(1e9);
  p.set_users_id(last);
  p.set_question(question);
  return p;
}

std::optional<error> read_by(const FindRequest& q, wish& out) {
  if (!q.has_from()) return std::nullopt;
  std::string_view name = q.from();
  if (name.starts_with('@')) name.remove_prefix(1);
  if ((out.by = parse_uuid(name))) return std::nullopt;
  if (!like_handle(name)) return invalid_field("from", "This is neither an id nor a handle.");
  out.by_handle = ascii_lower(name);
  return std::nullopt;
}

}  // namespace

std::string_view name_of(kind k) noexcept {
  switch (k) {
    case kind::post: return "post";
    case kind::user: return "user";
    default: return "message";
  }
}

std::string bytes_of(const uuid& id) { return {id.begin(), id.end()}; }

std::optional<uuid> id_in(const std::string& bytes) {
  uuid id{};
  if (bytes.size() != id.size()) return std::nullopt;
  std::ranges::copy(bytes, id.begin());
  return id;
}

result<wish> read_wish(const FindRequest& q, unix_ms now) {
  wish out;
  auto words = parse_question(q.q());
  if (words.has_error()) return words.error();
  out.words = std::move(*words);
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  out.limit = *limit;
  if (auto wrong = read_by(q, out)) return *wrong;
  if (q.has_in()) out.conversation = parse_uuid(q.in());
  if (q.has_language()) out.language = ascii_lower(q.language());
  if (q.has_since()) out.since = std::clamp<unix_ms>(q.since(), 0, store::end_of_time);
  if (q.has_until()) out.until = std::clamp<unix_ms>(q.until(), 0, store::end_of_time);
  const auto wants = [&](std::string_view name) { return !q.has_kind() || q.kind() == name; };
  out.posts = wants("posts") && !out.conversation;
  out.users = wants("users") && !out.conversation && !out.language && !q.has_from();
  out.messages = wants("messages") && !out.language;
  if (out.words.empty()) out.posts = out.users = out.messages = false;
  const auto question = name_of_question(q);
  out.from = first_page(now, question);
  if (!q.has_cursor()) return out;
  auto from = parse_cursor(q.cursor(), question);
  if (!from) return invalid_field("cursor", "This is not a cursor of this question.");
  out.from = std::move(*from);
  return out;
}

store::view view_of(const wish& w, const uuid& account, words_as how) {
  store::view v;
  v.account = account;
  v.query = query_text(w.words, how);
  v.by = w.by;
  v.by_handle = w.by_handle;
  v.since = w.since;
  v.until = w.until;
  return v;
}

std::string cursor_of(const Position& p) {
  const auto bytes = p.SerializeAsString();
  return base64url_encode(
      std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

std::vector<candidate> merged(const std::vector<candidate>& all, std::int64_t limit) {
  auto out = all;
  const auto rank = [](kind k) { return k == kind::user ? 0 : k == kind::post ? 1 : 2; };
  std::ranges::stable_sort(out, [&](const candidate& a, const candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    return rank(a.what) < rank(b.what);
  });
  if (std::ssize(out) > limit) out.resize(static_cast<std::size_t>(limit));
  return out;
}

}  // namespace nova::search
