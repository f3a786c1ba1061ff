// Conversations written in bulk by SQL, with the same rows as the real path writes. For activation and growth, which need more
// conversations than calls can make in an acceptable time.
#pragma once

#include "protocols/core/error.hpp"
#include "protocols/core/ids.hpp"
#include "storage/postgres/conninfo.hpp"

#include <string>
#include <vector>

namespace nova::bench {

/// The id of person number `n`, who has no account.
uuid seeded_person(std::uint64_t n);
/// The id of conversation number `n` of `series`; each use has a series of its own.
uuid seeded_conversation(std::uint32_t series, std::uint64_t n);

/// Inserts the persons 0 … count - 1.
result<void> seed_persons(storage::blocking_connection& c, std::uint64_t count);

/// Inserts the direct conversations first … last - 1, each with one message. Conversation n is between owners[n % size] and the
/// person with the number n.
result<void> seed_directs(storage::blocking_connection& c, std::uint32_t series,
                          std::uint64_t first, std::uint64_t last, const std::vector<uuid>& owners);

/// Inserts `count` groups with one message each. Each has one of `owners` as owner and the persons 0 … members - 2.
result<void> seed_groups(storage::blocking_connection& c, std::uint32_t series, std::uint64_t count,
                         std::uint64_t members, const std::vector<uuid>& owners);

/// Vacuums and writes a checkpoint, so that neither happens during a measurement. Needs a superuser.
result<void> settle(storage::blocking_connection& c);

}  // namespace nova::bench
