// The named SQL of user's database; user_store.hpp makes statements of it.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::user::queries {

extern const storage::query profile;
extern const storage::query profile_by_handle;
extern const storage::query cards;
extern const storage::query block_facts;

extern const storage::query insert_profile;
extern const storage::query update_profile;
extern const storage::query insert_block;
extern const storage::query delete_block;

/// All of the above, for a test that prepares each.
std::span<const storage::query* const> all();

}  // namespace nova::user::queries
