// Statements on auth's tables, typed. Called by actors/auth; executed by the runtime.
#pragma once

#include "storage/auth/auth_rows.hpp"
#include "storage/database/retention.hpp"

namespace nova::auth::store {

/// Account and guard in one row. The row exists even if the account or the guard does not.
storage::statement account(const uuid& account);
storage::statement sessions(const uuid& account);
/// `name` is an e-mail address or a handle in lower case.
storage::statement name_owner(std::string name);
storage::statement taken_names(std::vector<std::string> names);
/// Empty when the account has no such session. A revoked session is found too.
storage::statement session_salt(const uuid& session, const uuid& account);
/// The newest `limit` sessions whose access tokens may be alive at `now` but must be
/// refused.
storage::statement revocations(unix_ms now, std::int64_t limit);

storage::statement insert_account(const uuid& account, const account_row& row);
/// Refused as a conflict when the name is taken.
storage::statement insert_name(std::string name, const uuid& account);
storage::statement insert_session(const uuid& account, const session_row& row);
/// Refused as a conflict unless the session is live and its generation is the one before `row.generation`.
storage::statement rotate_session(const session_row& row);
storage::statement revoke_session(const uuid& session, unix_ms until);
/// Removes the account's sessions that can no longer be used.
storage::statement prune_sessions(const uuid& account, unix_ms now, unix_ms oldest_start,
                                  unix_ms oldest_use);
storage::statement update_password(const uuid& account, std::string hash);
storage::statement put_guard(const uuid& account, const guard_row& row);
storage::statement delete_guard(const uuid& account);

/// Counters of any account without a failure for so long.
storage::retention_job quiet_guards(std::chrono::seconds forget);
/// Sessions of any account that were not used for so long. Sessions of this age are refused already, also by an account that still
/// holds one in memory.
storage::retention_job dormant_sessions(std::chrono::hours idle);

}  // namespace nova::auth::store
