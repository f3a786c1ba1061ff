// Statements of exports, typed. Called by actors/auth; executed by the runtime.
#pragma once

#include "storage/database/retention.hpp"

#include <optional>

namespace nova::auth::store {

/// An export can be fetched for so long.
inline constexpr std::chrono::hours export_kept{7 * 24};

struct export_row {
  uuid account_id{};
  unix_ms made_at = 0;
};

storage::statement insert_export(const uuid& id, const uuid& account, unix_ms now);
storage::statement find_export(const uuid& id);
std::optional<export_row> read_export(const storage::rows& r);
storage::retention_job ended_exports();

}  // namespace nova::auth::store
