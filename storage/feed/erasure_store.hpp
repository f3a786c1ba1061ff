// Statements with which feed forgets an account, typed. Called by actors/feed.
#pragma once

#include "storage/database/value.hpp"
#include "storage/runtime/letter_queries.hpp"

#include <vector>

namespace nova::feed::store {

storage::statement begin_erasure(const uuid& account);
/// At most `most` of each.
storage::statement entries_of(const uuid& account, std::int64_t most);
struct entries_left {
  std::vector<uuid> posts, shares, followed;
  std::size_t size() const { return posts.size() + shares.size() + followed.size(); }
};
entries_left read_entries_left(const storage::rows& r);
std::vector<storage::statement> erase_entries(const uuid& account, const entries_left& entries);

storage::statement rows_left(const uuid& account);
bool read_rows_left(const storage::rows& r);
/// One bounded step.
std::vector<storage::statement> erase_rows(const uuid& account, std::int64_t most);
storage::statement count_erased(const uuid& account, std::int64_t erased);
storage::statement erasure(const uuid& account);
std::int64_t read_erasure(const storage::rows& r);
/// Preferences, and dead letters. `kept`: types of events whose letters are left alone; `texts`: types of events with words.
std::vector<storage::statement> forget_home(
    const uuid& account, std::vector<std::int64_t> kept,
    const std::vector<storage::runtime_queries::worded_event>& texts);
storage::statement end_erasure(const uuid& account);
storage::statement forget_followers(const uuid& author, std::uint32_t shard);

}  // namespace nova::feed::store
