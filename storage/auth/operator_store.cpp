#include "storage/auth/operator_store.hpp"

#include "storage/auth/operator_queries.hpp"

namespace nova::auth::store {

storage::statement operators(std::int64_t limit) { return {&queries::operators, {limit}}; }

storage::statement insert_operator(const operator_row& row) {
  return {&queries::insert_operator,
          {row.account_id, row.handle, storage::timestamp{row.since}, row.added_by}};
}

storage::statement delete_operator(const uuid& account) {
  return {&queries::delete_operator, {account}};
}

}  // namespace nova::auth::store
