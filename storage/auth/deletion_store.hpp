// Statements with which auth forgets an account, typed. Called by account_entity; executed by the runtime.
#pragma once

#include "storage/auth/auth_rows.hpp"

namespace nova::auth::store {

storage::statement deletion_counts(const uuid& account);
/// Everything that names the account, its events in the outbox included. May be carried out twice.
std::vector<storage::statement> erase_account(const uuid& account);

}  // namespace nova::auth::store
