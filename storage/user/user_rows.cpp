// See user_rows.hpp.
#include "storage/user/user_rows.hpp"

namespace nova::user {
namespace {

// Columns of each query, in the order of its SQL.
namespace profile {
enum : std::size_t {
  account,
  handle,
  display_name,
  bio,
  created_at,
  updated_at,
  links,
  avatar,
  cover,
  is_private,
  pinned
};
}
namespace card {
enum : std::size_t { account, handle, display_name, avatar, is_private, relation };
}
namespace relation {
enum : std::size_t { following, requested, followed_by, blocking, muting, columns };
}
constexpr std::size_t page_at = std::size_t{card::relation} + std::size_t{relation::columns};
namespace suggestion {
enum : std::size_t { common = page_at, via };
}
namespace facts {
enum : std::size_t { followers, following, posts, relation };
constexpr std::size_t blocks_viewer = std::size_t{relation} + std::size_t{user::relation::columns};
}  // namespace facts
namespace pair {
enum : std::size_t {
  exists,
  is_private,
  follows,
  requested,
  follow_at,
  followed,
  asked,
  follower_at,
  blocking,
  blocked_by,
  muting,
  mute_until,
  count
};
}
namespace request {
enum : std::size_t { follower, at };
}
namespace notice {
enum : std::size_t { id = page_at, kind, post, created_at };
}
namespace head {
enum : std::size_t { read_up_to, last, total, unread };
}
namespace setting {
enum : std::size_t {
  message_from,
  mention_from,
  presence_to,
  discoverable,
  locale,
  time_zone,
  notify
};
}

relation_row relation_at(const storage::rows& r, std::size_t row, std::size_t first) {
  return {r.boolean(row, first + relation::following), r.boolean(row, first + relation::requested),
          r.boolean(row, first + relation::followed_by), r.boolean(row, first + relation::blocking),
          r.boolean(row, first + relation::muting)};
}

unix_ms time_or_0(const storage::rows& r, std::size_t row, std::size_t column) {
  return r.null(row, column) ? 0 : r.time(row, column);
}

std::optional<uuid> id_or_none(const storage::rows& r, std::size_t row, std::size_t column) {
  if (r.null(row, column)) return std::nullopt;
  return r.id(row, column);
}

}  // namespace

std::optional<profile_row> read_profile(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  return profile_row{r.id(0, profile::account),        r.text(0, profile::handle),
                     r.text(0, profile::display_name), r.text(0, profile::bio),
                     r.time(0, profile::created_at),   r.time(0, profile::updated_at),
                     r.blob(0, profile::links),        id_or_none(r, 0, profile::avatar),
                     id_or_none(r, 0, profile::cover), r.boolean(0, profile::is_private),
                     r.blob(0, profile::pinned)};
}

std::vector<card_row> read_cards(const storage::rows& r) {
  std::vector<card_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.id(i, card::account), r.text(i, card::handle), r.text(i, card::display_name),
                   id_or_none(r, i, card::avatar), r.boolean(i, card::is_private),
                   relation_at(r, i, card::relation)});
  return out;
}

std::vector<suggestion_row> read_suggestions(const storage::rows& r) {
  auto cards = read_cards(r);
  std::vector<suggestion_row> out;
  out.reserve(cards.size());
  for (std::size_t i = 0; i < cards.size(); ++i)
    out.push_back({std::move(cards[i]), r.int8(i, suggestion::common),
                   r.get<std::vector<uuid>>(i, suggestion::via)});
  return out;
}

std::vector<card_row> read_page(const storage::rows& r) {
  auto out = read_cards(r);
  for (std::size_t i = 0; i < r.size(); ++i) out[i].at = r.time(i, page_at);
  return out;
}

profile_facts_row read_profile_facts(const storage::rows& r) {
  return {r.int8(0, facts::followers), r.int8(0, facts::following), r.int8(0, facts::posts),
          relation_at(r, 0, facts::relation), r.boolean(0, facts::blocks_viewer)};
}

relation_facts_row read_relation_facts(const storage::rows& r) {
  relation_facts_row out{r.boolean(0, pair::exists),
                         r.boolean(0, pair::is_private),
                         r.boolean(0, pair::follows),
                         r.boolean(0, pair::requested),
                         time_or_0(r, 0, pair::follow_at),
                         r.boolean(0, pair::followed),
                         r.boolean(0, pair::asked),
                         time_or_0(r, 0, pair::follower_at),
                         r.boolean(0, pair::blocking),
                         r.boolean(0, pair::blocked_by),
                         r.boolean(0, pair::muting),
                         std::nullopt,
                         r.int8(0, pair::count)};
  if (!r.null(0, pair::mute_until)) out.mute_until = r.time(0, pair::mute_until);
  return out;
}

std::vector<request_row> read_requests(const storage::rows& r) {
  std::vector<request_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.id(i, request::follower), r.time(i, request::at)});
  return out;
}

notice_head_row read_notice_head(const storage::rows& r) {
  return {id_or_none(r, 0, head::read_up_to), id_or_none(r, 0, head::last), r.int8(0, head::total),
          r.int8(0, head::unread)};
}

std::vector<shown_notice_row> read_notices(const storage::rows& r) {
  auto actors = read_cards(r);
  std::vector<shown_notice_row> out;
  out.reserve(actors.size());
  for (std::size_t i = 0; i < actors.size(); ++i)
    out.push_back({std::move(actors[i]), r.id(i, notice::id), r.text(i, notice::kind),
                   id_or_none(r, i, notice::post), r.time(i, notice::created_at)});
  return out;
}

std::int64_t read_count(const storage::rows& r) { return r.int8(0, 0); }

settings_row read_settings(const storage::rows& r) {
  if (r.empty()) return {};
  return {r.text(0, setting::message_from), r.text(0, setting::mention_from),
          r.text(0, setting::presence_to),  r.boolean(0, setting::discoverable),
          r.text(0, setting::locale),       r.text(0, setting::time_zone),
          r.int8(0, setting::notify)};
}

}  // namespace nova::user
