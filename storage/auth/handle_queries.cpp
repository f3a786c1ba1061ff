// The SQL itself. See handle_queries.hpp and migrations/.
#include "storage/auth/handle_queries.hpp"

namespace nova::auth::handle_queries {

const storage::query last_change{
    .name = "auth.last_handle_change",
    .sql = "SELECT changed_at FROM handle_change WHERE account_id = $1"};

const storage::query update_handle{.name = "auth.update_handle",
                                   .sql = "UPDATE account SET handle = $2 WHERE account_id = $1"};

const storage::query save_change{
    .name = "auth.save_handle_change",
    .sql =
        "INSERT INTO handle_change (account_id, changed_at) VALUES ($1, $2) "
        "ON CONFLICT (account_id) DO UPDATE SET changed_at = $2"};

const storage::query keep_former{
    .name = "auth.keep_former_handle",
    .sql =
        "INSERT INTO former_handle (name, account_id, kept_until) VALUES ($1, $2, $3) "
        "ON CONFLICT (name) DO UPDATE SET account_id = $2, kept_until = $3"};

const storage::query take_back{.name = "auth.take_handle_back",
                               .sql = "DELETE FROM former_handle WHERE name = $1"};

const storage::query due_former{
    .name = "auth.due_former_handles",
    .sql = "SELECT count(*) FROM (SELECT FROM former_handle WHERE kept_until < $1 LIMIT $2) due"};

const storage::query free_former{
    .name = "auth.free_former_handles",
    .sql =
        "DELETE FROM identifier WHERE name IN "
        "(SELECT name FROM former_handle WHERE kept_until < $1 LIMIT $2)"};

std::span<const storage::query* const> all() {
  static const storage::query* const list[] = {&last_change, &update_handle, &save_change,
                                               &keep_former, &take_back,     &due_former,
                                               &free_former};
  return list;
}

}  // namespace nova::auth::handle_queries
