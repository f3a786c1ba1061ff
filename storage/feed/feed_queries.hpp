// The named SQL of feed's database; feed_store.hpp makes statements of it.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::feed::queries {

// An account's feed.
extern const storage::query home;
extern const storage::query page;
extern const storage::query merged_page;
extern const storage::query candidates;
extern const storage::query candidate;
extern const storage::query ranking;
extern const storage::query keep_ranking;
extern const storage::query cut_rankings;
extern const storage::query set_preferences;

// Posts and shares of an account.
extern const storage::query insert_post;
extern const storage::query insert_own_entry;
extern const storage::query edit_post;
extern const storage::query set_visibility;
extern const storage::query delete_post;
extern const storage::query cut_posts;
extern const storage::query insert_tagged;
extern const storage::query delete_tagged;
extern const storage::query cut_tagged;
extern const storage::query withhold;
extern const storage::query release;
extern const storage::query insert_share;
extern const storage::query delete_share;
extern const storage::query cut_shares;
extern const storage::query count_reactions;
extern const storage::query count_comments;
extern const storage::query add_affinity;

// Follows.
extern const storage::query follows;
extern const storage::query insert_follow;
extern const storage::query backfill_posts;
extern const storage::query backfill_shares;
extern const storage::query delete_follow;
extern const storage::query forget_author;
extern const storage::query cut_timeline;
extern const storage::query set_followers;
extern const storage::query take_big;
extern const storage::query follow_tag;
extern const storage::query unfollow_tag;

// Accounts that an account does not see.
extern const storage::query hide;
extern const storage::query unhide;

// Timelines, shard by shard.
extern const storage::query follower_shards;
extern const storage::query sharer_follower_shards;
extern const storage::query entry_shards;
extern const storage::query fan_out_post;
extern const storage::query fan_out_share;
extern const storage::query fan_out_author;
extern const storage::query delete_entries;
extern const storage::query cut_timelines;
extern const storage::query mark_big;
extern const storage::query push_readers;

// Retention.
extern const storage::query withheld_due;
extern const storage::query withheld_step;
extern const storage::query ranking_due;
extern const storage::query ranking_step;

/// All of the above, for a test that prepares each.
std::span<const storage::query* const> all();

}  // namespace nova::feed::queries
