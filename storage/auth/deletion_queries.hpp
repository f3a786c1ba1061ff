// The named SQL with which auth forgets an account. Used by deletion_store.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::auth::queries {

/// (account) → rows that will go, rows that will stay without a name.
extern const storage::query deletion_counts;
/// (account) each.
extern const storage::query erase_names;
extern const storage::query erase_guard;
/// The ids stay: gateways must refuse their access tokens.
extern const storage::query anonymise_sessions;
extern const storage::query erase_account;
/// Empties the account's events that name a person. The type is the one that has no effect.
extern const storage::query empty_events;

std::span<const storage::query* const> all_deletion();

}  // namespace nova::auth::queries
