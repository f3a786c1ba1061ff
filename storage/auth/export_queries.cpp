// The SQL itself. See export_queries.hpp and migrations/.
#include "storage/auth/export_queries.hpp"

namespace nova::auth::export_queries {

const storage::query insert_export{
    .name = "auth.insert_export",
    .sql = "INSERT INTO export (export_id, account_id, made_at) VALUES ($1, $2, $3)"};

const storage::query find_export{
    .name = "auth.find_export",
    .sql = "SELECT account_id, made_at FROM export WHERE export_id = $1"};

const storage::query due_exports{
    .name = "auth.due_exports",
    .sql = "SELECT count(*) FROM (SELECT FROM export WHERE made_at < $1 LIMIT $2) due"};

const storage::query delete_exports{
    .name = "auth.delete_exports",
    .sql =
        "DELETE FROM export WHERE export_id IN (SELECT export_id FROM export WHERE made_at < $1 "
        "LIMIT $2)"};

std::span<const storage::query* const> all() {
  static const storage::query* const list[] = {&insert_export, &find_export, &due_exports,
                                               &delete_exports};
  return list;
}

}  // namespace nova::auth::export_queries
