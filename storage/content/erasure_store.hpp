// Statements with which content forgets an account, typed. Called by actors/content/erasure_handlers.
#pragma once

#include "storage/database/value.hpp"
#include "storage/runtime/letter_queries.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nova::content::store {

storage::statement begin_erasure(const uuid& account);
/// At most `most` posts of each kind (deleted, published, scheduled) and comments.
storage::statement written_by(const uuid& account, std::int64_t most);
struct written_row {
  uuid post_id{};
  std::optional<uuid> comment_id;  ///< empty: the post itself
};
std::vector<written_row> read_written(const storage::rows& r);

storage::statement rows_left(const uuid& account);
/// One bounded step over the rows that are not texts. A step without rows does nothing.
std::vector<storage::statement> erase_rows(const uuid& account, std::int64_t most, unix_ms now);
storage::statement count_erased(const uuid& account, std::int64_t erased, std::int64_t anonymised);

storage::statement erasure(const uuid& account);
struct erasure_row {
  std::int64_t erased = 0;
  std::int64_t anonymised = 0;
};
/// Zero when there is none.
erasure_row read_erasure(const storage::rows& r);
/// The account's person, events and dead letters. `kept`: types of events whose letters are left alone; `texts`: types of events
/// with words of accounts.
std::vector<storage::statement> forget_person(
    const uuid& account, std::vector<std::int64_t> kept,
    const std::vector<storage::runtime_queries::worded_event>& texts);
storage::statement end_erasure(const uuid& account);

storage::statement blank_post(const uuid& post, unix_ms now);
storage::statement texts_told(const uuid& post);
struct told_row {
  std::int64_t shard = 0, seq = 0, type = 0;
  std::string payload;
};
std::vector<told_row> read_told(const storage::rows& r);
storage::statement replace_told(const told_row& event);
storage::statement disown_comment(const uuid& comment);

}  // namespace nova::content::store
