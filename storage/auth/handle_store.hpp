// Statements of handle changes, typed. Called by actors/auth; executed by the runtime.
#pragma once

#include "storage/database/retention.hpp"

#include <optional>
#include <string>

namespace nova::auth::store {

storage::statement last_handle_change(const uuid& account);
/// From last_handle_change.
std::optional<unix_ms> read_last_handle_change(const storage::rows& r);

storage::statement update_handle(const uuid& account, std::string handle);
storage::statement save_handle_change(const uuid& account, unix_ms now);
/// Names are handles in lower case. A kept name stays the account's until then.
storage::statement keep_former_handle(std::string name, const uuid& account, unix_ms until);
storage::statement take_handle_back(std::string name);

/// Names that were kept long enough are free again.
storage::retention_job ended_former_handles();

}  // namespace nova::auth::store
