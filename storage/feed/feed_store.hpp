// Statements on feed's tables, typed. Called by actors/feed; executed by the runtime.
#pragma once

#include "storage/feed/feed_rows.hpp"

namespace nova::feed::store {

using storage::statement;

/// Posts, shares and tagged posts kept of one author or tag, and entries of one feed.
inline constexpr std::int64_t kept_entries = 1'000;
/// Rows of one timeline: an entry may have several.
inline constexpr std::int64_t kept_rows = 1'250;
/// Entries of the author that a new follow brings.
inline constexpr std::int64_t backfill_entries = 50;
/// Rankings of one account; older ones end their cursors.
inline constexpr std::int64_t kept_rankings = 8;
/// In which an account's interactions with an author count half.
inline constexpr unix_ms affinity_half_life_ms = 30LL * 24 * 3600 * 1000;

/// A part of one account's feed.
struct view {
  uuid account{};
  std::uint32_t shard = 0;  ///< the account's
  unix_ms before_at = 0;    ///< entries older than (before_at, before_id)
  uuid before_id{};
  unix_ms as_of = 0;  ///< entries that feed knew of then
  unix_ms now = 0;
  bool shares = true;
  bool quotes = true;
  std::vector<std::string> muted_words;  ///< as words::phrase makes them
  std::int64_t limit = 0;
};
/// Behind which a first page begins.
inline constexpr unix_ms end_of_time = 253'402'300'799'000;
uuid last_id();

statement home(const uuid& account);
statement page(const view& v);
/// The same with the entries that are merged at reading.
statement merged_page(const view& v);
statement candidates(const view& v);
/// The first way by which `post` is in the feed, if it is.
statement candidate(const view& v, const uuid& post);
statement ranking(const uuid& account, unix_ms made_at);
statement keep_ranking(const uuid& account, unix_ms made_at, ranking_row order);
statement cut_rankings(const uuid& account);
statement set_preferences(const uuid& account, std::string preferences);

/// Of a post that is there already: visibility, mentions and words.
statement insert_post(const post_row& post);
statement insert_own_entry(const uuid& post, std::uint32_t author_shard);
statement edit_post(const post_row& post);
statement set_visibility(const uuid& post, visibility seen_by, std::vector<uuid> mentions);
statement delete_post(const uuid& post);
statement cut_posts(const uuid& author);
/// Nothing for a post that is not public.
statement insert_tagged(const uuid& post, std::vector<std::string> tags);
/// Of the tags that are not in `kept`.
statement delete_tagged(const uuid& post, std::vector<std::string> kept);
statement cut_tagged(std::vector<std::string> tags);
/// The post's shares are in no feed until it is released.
statement withhold(const uuid& post, unix_ms now);
statement release(const uuid& post);
statement insert_share(const uuid& sharer, const uuid& post, const uuid& author, unix_ms at,
                       unix_ms now);
statement delete_share(const uuid& sharer, const uuid& post);
statement cut_shares(const uuid& sharer);
statement count_reactions(const uuid& post, std::int64_t change);
statement count_comments(const uuid& post, std::int64_t change);
statement add_affinity(const uuid& account, const uuid& author, unix_ms now);

statement follows(const uuid& account, const uuid& author);
statement insert_follow(const uuid& account, const uuid& author, std::uint32_t shard, unix_ms now);
/// Nothing when the account does not follow the author, or the author is merged at reading.
statement backfill_posts(const uuid& account, const uuid& author);
statement backfill_shares(const uuid& account, const uuid& author);
statement delete_follow(const uuid& account, const uuid& author);
statement forget_author(const uuid& account, const uuid& author);
statement cut_timeline(const uuid& account);
statement set_followers(const uuid& account, std::int64_t followers, bool big);
/// Whether the author is merged at reading, by its own row.
statement take_big(const uuid& account, const uuid& author);
statement follow_tag(const uuid& account, std::string tag, unix_ms now);
statement unfollow_tag(const uuid& account, std::string tag);

statement hide(const uuid& account, const uuid& other, hidden_kind kind,
               std::optional<unix_ms> until);
statement unhide(const uuid& account, const uuid& other, hidden_kind kind);

statement follower_shards(const uuid& author);
statement sharer_follower_shards(const uuid& post);
statement entry_shards(const uuid& post);
statement fan_out_post(const uuid& post, std::uint32_t shard);
/// Without `sharer`: of all who share the post.
statement fan_out_share(const uuid& post, std::uint32_t shard, const std::optional<uuid>& sharer);
statement fan_out_author(const uuid& author, std::uint32_t shard);
/// Without `sharer`: all rows of the post. `keeps_own`: but that of its author.
statement delete_entries(const uuid& post, std::uint32_t shard, const std::optional<uuid>& sharer,
                         bool keeps_own);
/// Cuts the timelines of one follower in 64; which, changes with the post.
statement cut_timelines(const uuid& author, std::uint32_t shard, const uuid& post);
statement mark_big(const uuid& author, std::uint32_t shard);
statement push_readers(const uuid& post, unix_ms now, std::int64_t most);

}  // namespace nova::feed::store
