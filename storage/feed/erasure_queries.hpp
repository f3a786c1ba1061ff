// The named SQL with which feed forgets an account, in bounded steps. Used by erasure_store.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::feed::queries {

/// (account). Its counts begin.
extern const storage::query begin_erasure;
/// (account, most) → kind, id: 1 posts, 2 posts that it shares, 3 authors whom it follows.
extern const storage::query entries_of;
/// (account, ids[]) each.
extern const storage::query erase_posts;
extern const storage::query erase_shares;
extern const storage::query erase_follows;
/// (account) → whether erase_rows would still find rows.
extern const storage::query rows_left;
/// (account, most). At most so many rows of each table.
extern const storage::query erase_rows;
extern const storage::query erase_named;
/// (account, erased)
extern const storage::query count_erased;
extern const storage::query erasure;
extern const storage::query end_erasure;
extern const storage::query forget_home;
/// (author, shard). Follows of the author, and its entries in the timelines of those followers.
extern const storage::query forget_followers;

std::span<const storage::query* const> all_erasure();

}  // namespace nova::feed::queries
