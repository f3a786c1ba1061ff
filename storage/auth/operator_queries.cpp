#include "storage/auth/operator_queries.hpp"

namespace nova::auth::queries {

const storage::query operators{
    .name = "auth.operators",
    .sql = "SELECT account_id, handle, since, added_by FROM operator ORDER BY since LIMIT $1"};

const storage::query insert_operator{
    .name = "auth.insert_operator",
    .sql =
        "INSERT INTO operator (account_id, handle, since, added_by) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING"};

const storage::query delete_operator{.name = "auth.delete_operator",
                                     .sql = "DELETE FROM operator WHERE account_id = $1"};

std::span<const storage::query* const> all_operator() {
  static const storage::query* const list[] = {&operators, &insert_operator, &delete_operator};
  return list;
}

}  // namespace nova::auth::queries
