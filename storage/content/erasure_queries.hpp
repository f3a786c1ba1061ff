// The named SQL with which content forgets an account, in bounded steps. Used by erasure_store.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::content::queries {

/// (account). Its counts begin.
extern const storage::query begin_erasure;
/// (account, most) → post_id, null; post, comment_id: posts of the account, and its comments.
extern const storage::query written_by;
/// (account) → whether erase_rows would still find rows.
extern const storage::query rows_left;
/// (account, most, …) each: at most so many rows of one table, with the counters of the posts that they belong to.
extern const storage::query erase_reactions;
extern const storage::query erase_shares;
extern const storage::query erase_votes;
/// Votes of polls that have ended stay in the result, and belong to no account.
extern const storage::query anonymise_votes;
extern const storage::query erase_shelf;
extern const storage::query erase_relations;
/// (account, erased, anonymised)
extern const storage::query count_erased;
extern const storage::query erasure;
extern const storage::query end_erasure;
/// (account). Its person and the events that tell of its shelf.
extern const storage::query forget_person;
extern const storage::query empty_shelf_events;

/// (post, now). What stays until the purge names no account and holds no words.
extern const storage::query blank_post;
/// (post) → shard, seq, type, payload: events with words of the post.
extern const storage::query texts_told;
/// (shard, seq, payload)
extern const storage::query replace_told;
/// (comment). A deleted comment, or one that stays: it belongs to no account.
extern const storage::query disown_comment;

std::span<const storage::query* const> all_erasure();

}  // namespace nova::content::queries
