// The named SQL with which user sets a person aside, brings them back and forgets them. Used by erasure_store.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::user::queries {

/// (account) each.
extern const storage::query close_profile;
extern const storage::query reopen_profile;
/// (account) → how many rows the person has.
extern const storage::query erasure_count;
/// (account). The counters of those whom the person followed, and who followed the person.
extern const storage::query leave_tallies;
extern const storage::query erase_person;
/// (account as text). Empties the events that name the person. The type is the one that has no effect.
extern const storage::query empty_events;

std::span<const storage::query* const> all_erasure();

}  // namespace nova::user::queries
