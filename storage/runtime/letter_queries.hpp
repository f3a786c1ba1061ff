// Queries of the retention of dead letters (storage/database/retention.hpp), called by actors/runtime/routing/domain_link; and the
// statements with which a domain forgets the words of an account in its dead letters, called by the stores of the domains.
#pragma once

#include "storage/database/value.hpp"

#include <vector>

namespace nova::storage::runtime_queries {

/// (before, most, types[]) → number of letters older than `before` with content, types[] not counted; at most `most`.
extern const query unread_letters;
/// Empties the oldest of these letters, as empty_dead_letters does. The same parameters. Not merged.
extern const query empty_unread_letters;

/// An event of another domain that holds words of the account which its text field `author` names.
struct worded_event {
  int author = 0;  ///< number of the field
  std::int64_t type = 0;
};
/// The letter's bytes where its field `author` is the account.
std::string written_by(int author, const uuid& account);
/// Empties the letters of these events that the account wrote. Letters of others that only name it keep their content: an effect
/// on others may depend on it.
std::vector<statement> empty_words_of(const uuid& account, const std::vector<worded_event>& events);

}  // namespace nova::storage::runtime_queries
