// Queries of the retention of dead letters (storage/database/retention.hpp). Called by actors/runtime/routing/domain_link.
#pragma once

#include "storage/database/value.hpp"

namespace nova::storage::runtime_queries {

/// (before, most, types[]) → number of letters older than `before` with content, types[] not counted; at most `most`.
extern const query unread_letters;
/// Empties the oldest of these letters, as empty_dead_letters does. The same parameters. Not merged.
extern const query empty_unread_letters;

}  // namespace nova::storage::runtime_queries
