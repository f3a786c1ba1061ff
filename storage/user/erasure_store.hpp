// Statements with which user sets a person aside, brings them back and forgets them. Called by profile_entity.
#pragma once

#include "storage/database/value.hpp"
#include "storage/runtime/letter_queries.hpp"

#include <vector>

namespace nova::user::store {

storage::statement close_profile(const uuid& account);
storage::statement reopen_profile(const uuid& account);
storage::statement erasure_count(const uuid& account);
/// Everything that names the person, events in the outbox and dead letters included. `kept`: types of events whose letters are
/// left alone; `texts`: types of events with texts of accounts. May be carried out twice.
std::vector<storage::statement> erase_person(
    const uuid& account, std::vector<std::int64_t> kept,
    const std::vector<storage::runtime_queries::worded_event>& texts);

/// From erasure_count.
std::int64_t read_erasure_count(const storage::rows& r);

}  // namespace nova::user::store
