#include "storage/feed/feed_store.hpp"

#include "storage/feed/feed_queries.hpp"

#include <algorithm>

namespace nova::feed::store {

using storage::bytes;
using storage::timestamp;
using storage::value;

namespace {

constexpr std::int64_t cut_one_in = 64;

value number(std::uint32_t shard) { return std::int64_t{shard}; }
value optional_id(const std::optional<uuid>& id) { return id ? value(*id) : value(); }

std::vector<value> cells_of(const view& v) {
  return {v.account, timestamp{v.before_at}, v.before_id, timestamp{v.as_of}, v.shares,
          v.quotes,  v.muted_words,          v.limit,     timestamp{v.now},   number(v.shard)};
}

}  // namespace

uuid last_id() {
  uuid out;
  std::ranges::fill(out, 0xFF);
  return out;
}

statement home(const uuid& account) { return {&queries::home, {account}}; }
statement page(const view& v) { return {&queries::page, cells_of(v)}; }
statement merged_page(const view& v) { return {&queries::merged_page, cells_of(v)}; }
statement candidates(const view& v) { return {&queries::candidates, cells_of(v)}; }
statement candidate(const view& v, const uuid& post) {
  auto one = v;
  one.before_id = post;
  one.limit = 1;
  return {&queries::candidate, cells_of(one)};
}
statement ranking(const uuid& account, unix_ms made_at) {
  return {&queries::ranking, {account, timestamp{made_at}}};
}
statement keep_ranking(const uuid& account, unix_ms made_at, ranking_row order) {
  return {&queries::keep_ranking,
          {account, timestamp{made_at}, std::move(order.post_ids), std::move(order.scores)}};
}
statement cut_rankings(const uuid& account) {
  return {&queries::cut_rankings, {account, kept_rankings - 1}};
}
statement set_preferences(const uuid& account, std::string preferences) {
  return {&queries::set_preferences, {account, bytes{std::move(preferences)}}};
}

statement insert_post(const post_row& p) {
  return {&queries::insert_post,
          {p.post_id, p.author_id, timestamp{p.at}, static_cast<std::int64_t>(p.visibility),
           p.mentions, p.quote, p.words, timestamp{p.added_at}}};
}
statement insert_own_entry(const uuid& post, std::uint32_t author_shard) {
  return {&queries::insert_own_entry, {post, number(author_shard)}};
}
statement edit_post(const post_row& p) {
  return {&queries::edit_post, {p.post_id, p.mentions, p.words}};
}
statement set_visibility(const uuid& post, visibility seen_by, std::vector<uuid> mentions) {
  return {&queries::set_visibility,
          {post, static_cast<std::int64_t>(seen_by), std::move(mentions)}};
}
statement delete_post(const uuid& post) { return {&queries::delete_post, {post}}; }
statement cut_posts(const uuid& author) {
  return {&queries::cut_posts, {author, kept_entries - 1}};
}
statement insert_tagged(const uuid& post, std::vector<std::string> tags) {
  return {&queries::insert_tagged, {post, std::move(tags)}};
}
statement delete_tagged(const uuid& post, std::vector<std::string> kept) {
  return {&queries::delete_tagged, {post, std::move(kept)}};
}
statement cut_tagged(std::vector<std::string> tags) {
  return {&queries::cut_tagged, {std::move(tags), kept_entries - 1}};
}
statement withhold(const uuid& post, unix_ms now) {
  return {&queries::withhold, {post, timestamp{now}}};
}
statement release(const uuid& post) { return {&queries::release, {post}}; }
statement insert_share(const uuid& sharer, const uuid& post, const uuid& author, unix_ms at,
                       unix_ms now) {
  return {&queries::insert_share, {sharer, post, author, timestamp{at}, timestamp{now}}};
}
statement delete_share(const uuid& sharer, const uuid& post) {
  return {&queries::delete_share, {sharer, post}};
}
statement cut_shares(const uuid& sharer) {
  return {&queries::cut_shares, {sharer, kept_entries - 1}};
}
statement count_reactions(const uuid& post, std::int64_t change) {
  return {&queries::count_reactions, {post, change}};
}
statement count_comments(const uuid& post, std::int64_t change) {
  return {&queries::count_comments, {post, change}};
}
statement add_affinity(const uuid& account, const uuid& author, unix_ms now) {
  return {&queries::add_affinity, {account, author, timestamp{now}, affinity_half_life_ms}};
}

statement follows(const uuid& account, const uuid& author) {
  return {&queries::follows, {account, author}};
}
statement insert_follow(const uuid& account, const uuid& author, std::uint32_t shard, unix_ms now) {
  return {&queries::insert_follow,
          {account, author, number(shard), timestamp{now}, backfill_entries}};
}
statement backfill_posts(const uuid& account, const uuid& author) {
  return {&queries::backfill_posts, {account, author}};
}
statement backfill_shares(const uuid& account, const uuid& author) {
  return {&queries::backfill_shares, {account, author}};
}
statement delete_follow(const uuid& account, const uuid& author) {
  return {&queries::delete_follow, {account, author}};
}
statement forget_author(const uuid& account, const uuid& author) {
  return {&queries::forget_author, {account, author}};
}
statement cut_timeline(const uuid& account) {
  return {&queries::cut_timeline, {account, kept_rows - 1}};
}
statement set_followers(const uuid& account, std::int64_t followers, bool big) {
  return {&queries::set_followers, {account, followers, big}};
}
statement take_big(const uuid& account, const uuid& author) {
  return {&queries::take_big, {account, author}};
}
statement follow_tag(const uuid& account, std::string tag, unix_ms now) {
  return {&queries::follow_tag, {account, std::move(tag), timestamp{now}, backfill_entries}};
}
statement unfollow_tag(const uuid& account, std::string tag) {
  return {&queries::unfollow_tag, {account, std::move(tag)}};
}

statement hide(const uuid& account, const uuid& other, hidden_kind kind,
               std::optional<unix_ms> until) {
  return {&queries::hide,
          {account, other, static_cast<std::int64_t>(kind),
           until ? value(timestamp{*until}) : value()}};
}
statement unhide(const uuid& account, const uuid& other, hidden_kind kind) {
  return {&queries::unhide, {account, other, static_cast<std::int64_t>(kind)}};
}

statement follower_shards(const uuid& author) { return {&queries::follower_shards, {author}}; }
statement sharer_follower_shards(const uuid& post) {
  return {&queries::sharer_follower_shards, {post}};
}
statement entry_shards(const uuid& post) { return {&queries::entry_shards, {post}}; }
statement fan_out_post(const uuid& post, std::uint32_t shard) {
  return {&queries::fan_out_post, {post, number(shard)}};
}
statement fan_out_share(const uuid& post, std::uint32_t shard, const std::optional<uuid>& sharer) {
  return {&queries::fan_out_share, {post, number(shard), optional_id(sharer)}};
}
statement fan_out_author(const uuid& author, std::uint32_t shard) {
  return {&queries::fan_out_author, {author, number(shard)}};
}
statement delete_entries(const uuid& post, std::uint32_t shard, const std::optional<uuid>& sharer,
                         bool keeps_own) {
  return {&queries::delete_entries, {post, number(shard), optional_id(sharer), keeps_own}};
}
statement cut_timelines(const uuid& author, std::uint32_t shard, const uuid& post) {
  const auto turn = static_cast<std::int64_t>(stable_hash(to_string(post)) % cut_one_in);
  return {&queries::cut_timelines, {author, number(shard), turn, cut_one_in, kept_rows - 1}};
}
statement mark_big(const uuid& author, std::uint32_t shard) {
  return {&queries::mark_big, {author, number(shard)}};
}
statement push_readers(const uuid& post, unix_ms now, std::int64_t most) {
  return {&queries::push_readers, {post, timestamp{now}, most}};
}

}  // namespace nova::feed::store
