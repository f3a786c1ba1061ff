// The named SQL of exports. Used by export_store.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::auth::export_queries {

/// (export, account, now)
extern const storage::query insert_export;
/// (export) → account_id, made_at.
extern const storage::query find_export;
extern const storage::query due_exports;
extern const storage::query delete_exports;

/// All of the above, for a test that prepares each.
std::span<const storage::query* const> all();

}  // namespace nova::auth::export_queries
