// Statements on user's tables, typed. Called by actors/user; executed by the runtime.
#pragma once

#include "storage/user/user_rows.hpp"

namespace nova::user::store {

storage::statement profile(const uuid& account);
/// `handle_name` is in lower case.
storage::statement profile_by_handle(std::string handle_name);
/// The cards of `accounts` as `viewer` sees them; nil: a guest.
storage::statement cards(std::vector<uuid> accounts, const uuid& viewer, unix_ms now);
storage::statement block_facts(const uuid& account, const uuid& target);

/// Refused as a conflict when the account has a profile.
storage::statement insert_profile(const profile_row& row);
storage::statement update_profile(const profile_row& row);
storage::statement insert_block(const uuid& account, const uuid& target, unix_ms now);
storage::statement delete_block(const uuid& account, const uuid& target);

}  // namespace nova::user::store
