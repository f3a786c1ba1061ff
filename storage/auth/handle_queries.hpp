// The named SQL of handle changes; handle_store.hpp makes statements of it.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::auth::handle_queries {

extern const storage::query last_change;
extern const storage::query update_handle;
extern const storage::query save_change;
extern const storage::query keep_former;
extern const storage::query take_back;
extern const storage::query due_former;
extern const storage::query free_former;

/// All of the above, for a test that prepares each.
std::span<const storage::query* const> all();

}  // namespace nova::auth::handle_queries
