// The named SQL of auth's database; auth_store.hpp makes statements of it.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::auth::queries {

extern const storage::query account;  ///< with its guard: always one row, columns may be NULL
extern const storage::query sessions;
extern const storage::query name_owner;
extern const storage::query taken_names;
extern const storage::query session_salt;
extern const storage::query revocations;

extern const storage::query insert_account;
extern const storage::query insert_name;
extern const storage::query insert_session;
extern const storage::query rotate_session;
extern const storage::query revoke_session;
extern const storage::query prune_sessions;
extern const storage::query update_password;
extern const storage::query put_guard;
extern const storage::query delete_guard;

// Retention (storage/database/retention.hpp): all take (before, most).
extern const storage::query quiet_guards;
extern const storage::query prune_guards;
extern const storage::query dormant_sessions;
extern const storage::query prune_dormant;

/// All of the above, for a test that prepares each.
std::span<const storage::query* const> all();

}  // namespace nova::auth::queries
