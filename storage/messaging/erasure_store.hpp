// Statements with which messaging forgets an account. Called by messaging_intake and inbox_entity.
#pragma once

#include "storage/database/value.hpp"
#include "storage/runtime/letter_queries.hpp"

#include <vector>

namespace nova::messaging::store {

struct forgotten_account {
  uuid account{};
  std::string seed;  ///< random; makes the account's other names, and is kept nowhere
  std::vector<uuid> conversations;
  std::vector<std::int64_t> shards;  ///< of the conversations
  std::vector<std::int64_t> kept;    ///< types of events whose dead letters are left alone
  storage::runtime_queries::worded_event stream_created;
  std::int64_t stream_changed =
      0;  ///< type; it has the key of the stream's first event, and names no account
};

storage::statement conversations_of_account(const uuid& account);
std::vector<uuid> read_conversations_of_account(const storage::rows& r);

/// Its rows in the read model only.
storage::statement forget_person(const uuid& account);
/// All of it is one unit. A second time there is nothing left to do.
std::vector<storage::statement> forget_account(const forgotten_account& f);

struct erasure_row {
  std::int64_t erased = 0;
  std::int64_t anonymised = 0;
};
storage::statement erasure(const uuid& account);
/// Zero when there is none.
erasure_row read_erasure(const storage::rows& r);
storage::statement delete_erasure(const uuid& account);

}  // namespace nova::messaging::store
