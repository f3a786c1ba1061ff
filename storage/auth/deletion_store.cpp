#include "storage/auth/deletion_store.hpp"

#include "storage/auth/deletion_queries.hpp"
#include "storage/auth/operator_store.hpp"

namespace nova::auth::store {

storage::statement deletion_counts(const uuid& account) {
  return {&queries::deletion_counts, {account}};
}

std::vector<storage::statement> erase_account(const uuid& account) {
  return {{&queries::erase_names, {account}},
          {&queries::erase_guard, {account}},
          {&queries::anonymise_sessions, {account}},
          {&queries::erase_account, {account}},
          delete_operator(account),
          {&queries::empty_events, {to_string(account)}}};
}

}  // namespace nova::auth::store
