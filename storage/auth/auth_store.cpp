// See auth_store.hpp; the SQL is in auth_queries.cpp.
#include "storage/auth/auth_store.hpp"

#include "storage/auth/auth_queries.hpp"

namespace nova::auth::store {

using storage::bytes;
using storage::statement;
using storage::timestamp;

statement account(const uuid& account) { return {&queries::account, {account}}; }
statement sessions(const uuid& account) { return {&queries::sessions, {account}}; }
statement name_owner(std::string name) { return {&queries::name_owner, {std::move(name)}}; }
statement taken_names(std::vector<std::string> names) {
  return {&queries::taken_names, {std::move(names)}};
}
statement session_salt(const uuid& session, const uuid& account) {
  return {&queries::session_salt, {session, account}};
}
statement revocations(unix_ms now, std::int64_t limit) {
  return {&queries::revocations, {timestamp{now}, limit}};
}

statement insert_account(const uuid& account, const account_row& row) {
  return {&queries::insert_account,
          {account, row.email, row.handle, row.password_hash, timestamp{row.created_at}}};
}
statement insert_name(std::string name, const uuid& account) {
  return {&queries::insert_name, {std::move(name), account}};
}
statement insert_session(const uuid& account, const session_row& row) {
  return {&queries::insert_session,
          {row.session_id, account, row.generation, bytes{row.salt}, row.user_agent,
           timestamp{row.created_at}}};
}
statement rotate_session(const session_row& row) {
  return {&queries::rotate_session, {row.session_id, row.generation, timestamp{row.rotated_at}}, 1};
}
statement revoke_session(const uuid& session, unix_ms until) {
  return {&queries::revoke_session, {session, timestamp{until}}, 1};
}
statement prune_sessions(const uuid& account, unix_ms now, unix_ms oldest_start,
                         unix_ms oldest_use) {
  return {&queries::prune_sessions,
          {account, timestamp{now}, timestamp{oldest_start}, timestamp{oldest_use}}};
}
statement update_password(const uuid& account, std::string hash) {
  return {&queries::update_password, {account, std::move(hash)}, 1};
}
statement put_guard(const uuid& account, const guard_row& row) {
  return {&queries::put_guard,
          {account, row.failures, timestamp{row.last_failure_at}, timestamp{row.locked_until}}};
}
statement delete_guard(const uuid& account) { return {&queries::delete_guard, {account}}; }

storage::retention_job quiet_guards(std::chrono::seconds forget) {
  return {"login_guard", &queries::quiet_guards, &queries::prune_guards, forget};
}
storage::retention_job dormant_sessions(std::chrono::hours idle) {
  return {"session", &queries::dormant_sessions, &queries::prune_dormant, idle};
}

}  // namespace nova::auth::store
