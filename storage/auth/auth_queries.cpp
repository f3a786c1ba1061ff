// The SQL itself. See auth_queries.hpp and migrations/.
#include "storage/auth/auth_queries.hpp"

namespace nova::auth::queries {

const storage::query account{
    .name = "auth.account",
    .sql =
        "SELECT email, handle, password_hash, created_at, failures, last_failure_at, locked_until "
        "FROM (SELECT $1::uuid AS account_id) AS wanted LEFT JOIN account USING (account_id) "
        "LEFT JOIN login_guard USING (account_id)"};

const storage::query sessions{
    .name = "auth.sessions",
    .sql =
        "SELECT session_id, generation, salt, user_agent, created_at, last_seen_at, rotated_at "
        "FROM session WHERE account_id = $1 AND revoked_until IS NULL "
        "ORDER BY created_at, session_id"};

const storage::query name_owner{.name = "auth.name_owner",
                                .sql = "SELECT account_id FROM identifier WHERE name = $1"};

const storage::query taken_names{.name = "auth.taken_names",
                                 .sql = "SELECT name FROM identifier WHERE name = ANY($1::text[])"};

const storage::query session_salt{
    .name = "auth.session_salt",
    .sql = "SELECT salt FROM session WHERE session_id = $1 AND account_id = $2"};

const storage::query revocations{
    .name = "auth.revocations",
    .sql =
        "SELECT session_id, revoked_until FROM session WHERE revoked_until > $1 "
        "ORDER BY revoked_until DESC LIMIT $2"};

const storage::query insert_account{
    .name = "auth.insert_account",
    .sql =
        "INSERT INTO account (account_id, email, handle, password_hash, created_at) "
        "VALUES ($1, $2, $3, $4, $5)"};

const storage::query insert_name{
    .name = "auth.insert_name", .sql = "INSERT INTO identifier (name, account_id) VALUES ($1, $2)"};

const storage::query insert_session{
    .name = "auth.insert_session",
    .sql =
        "INSERT INTO session (session_id, account_id, generation, salt, user_agent, created_at, "
        "last_seen_at, rotated_at) VALUES ($1, $2, $3, $4, $5, $6, $6, $6)"};

const storage::query rotate_session{
    .name = "auth.rotate_session",
    .sql =
        "UPDATE session SET generation = $2, last_seen_at = $3, rotated_at = $3 "
        "WHERE session_id = $1 AND generation = $2 - 1 AND revoked_until IS NULL"};

const storage::query revoke_session{
    .name = "auth.revoke_session",
    .sql = "UPDATE session SET revoked_until = $2 WHERE session_id = $1 AND revoked_until IS NULL"};

const storage::query prune_sessions{
    .name = "auth.prune_sessions",
    .sql =
        "DELETE FROM session WHERE account_id = $1 "
        "AND (revoked_until < $2 OR created_at < $3 OR last_seen_at < $4)"};

const storage::query update_password{
    .name = "auth.update_password",
    .sql = "UPDATE account SET password_hash = $2 WHERE account_id = $1"};

const storage::query put_guard{
    .name = "auth.put_guard",
    .sql =
        "INSERT INTO login_guard (account_id, failures, last_failure_at, locked_until) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (account_id) DO UPDATE SET failures = "
        "excluded.failures, "
        "last_failure_at = excluded.last_failure_at, locked_until = excluded.locked_until"};

const storage::query delete_guard{.name = "auth.delete_guard",
                                  .sql = "DELETE FROM login_guard WHERE account_id = $1"};

const storage::query quiet_guards{
    .name = "auth.quiet_guards",
    .sql =
        "SELECT count(*) FROM (SELECT 1 FROM login_guard WHERE last_failure_at < $1 LIMIT "
        "$2::bigint) x"};

const storage::query prune_guards{
    .name = "auth.prune_guards",
    .sql =
        "DELETE FROM login_guard WHERE last_failure_at < $1 AND account_id IN "
        "(SELECT account_id FROM login_guard WHERE last_failure_at < $1 "
        "ORDER BY last_failure_at LIMIT $2 FOR UPDATE SKIP LOCKED)"};

const storage::query dormant_sessions{
    .name = "auth.dormant_sessions",
    .sql =
        "SELECT count(*) FROM (SELECT 1 FROM session WHERE last_seen_at < $1 LIMIT $2::bigint) x"};

const storage::query prune_dormant{.name = "auth.prune_dormant",
                                   .sql =
                                       "DELETE FROM session WHERE session_id IN "
                                       "(SELECT session_id FROM session WHERE last_seen_at < $1 "
                                       "ORDER BY last_seen_at LIMIT $2 FOR UPDATE SKIP LOCKED)"};

std::span<const storage::query* const> all() {
  static const storage::query* const list[] = {
      &account,        &sessions,       &name_owner,       &taken_names,    &session_salt,
      &revocations,    &insert_account, &insert_name,      &insert_session, &rotate_session,
      &revoke_session, &prune_sessions, &update_password,  &put_guard,      &delete_guard,
      &quiet_guards,   &prune_guards,   &dormant_sessions, &prune_dormant};
  return list;
}

}  // namespace nova::auth::queries
