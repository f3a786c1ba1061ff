// The named SQL of the operator role; operator_store.hpp makes statements of it.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::auth::queries {

/// (limit) → account_id, handle, since, added_by; the oldest first.
extern const storage::query operators;
/// (account_id, handle, since, added_by).
extern const storage::query insert_operator;
/// (account_id).
extern const storage::query delete_operator;

/// All of the above, for a test that prepares each.
std::span<const storage::query* const> all_operator();

}  // namespace nova::auth::queries
