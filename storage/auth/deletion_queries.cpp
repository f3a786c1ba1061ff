#include "storage/auth/deletion_queries.hpp"

namespace nova::auth::queries {

const storage::query deletion_counts{
    .name = "auth.deletion_counts",
    .sql =
        "SELECT (SELECT count(*) FROM account WHERE account_id = $1) + "
        "(SELECT count(*) FROM identifier WHERE account_id = $1) + "
        "(SELECT count(*) FROM login_guard WHERE account_id = $1), "
        "(SELECT count(*) FROM session WHERE account_id = $1)"};

const storage::query erase_names{.name = "auth.erase_names",
                                 .sql = "DELETE FROM identifier WHERE account_id = $1"};

const storage::query erase_guard{.name = "auth.erase_guard",
                                 .sql = "DELETE FROM login_guard WHERE account_id = $1"};

const storage::query anonymise_sessions{
    .name = "auth.anonymise_sessions",
    .sql =
        "UPDATE session SET account_id = '00000000-0000-0000-0000-000000000000', salt = '', "
        "user_agent = '', revoked_until = coalesce(revoked_until, now()) WHERE account_id = $1"};

const storage::query erase_account{.name = "auth.erase_account",
                                   .sql = "DELETE FROM account WHERE account_id = $1"};

const storage::query empty_events{
    .name = "auth.empty_events",
    .sql = "UPDATE outbox SET type = 0, payload = '' WHERE key = $1 AND type IN (1001, 1020)"};

std::span<const storage::query* const> all_deletion() {
  static const storage::query* const list[] = {&deletion_counts,    &erase_names,   &erase_guard,
                                               &anonymise_sessions, &erase_account, &empty_events};
  return list;
}

}  // namespace nova::auth::queries
