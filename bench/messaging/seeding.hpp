// Conversations written in bulk by SQL, as the real path would have left them: for activation and growth, which need more
// than can be made by calls in a sensible time.
#pragma once

#include "protocols/core/error.hpp"
#include "protocols/core/ids.hpp"
#include "storage/postgres/conninfo.hpp"

#include <string>
#include <vector>

namespace nova::bench {

/// Person number `n` that nobody has registered.
uuid seeded_person(std::uint64_t n);
/// Conversation number `n` of kind `series` (a number of its own for every use).
uuid seeded_conversation(std::uint32_t series, std::uint64_t n);

/// The persons 0 … count - 1.
result<void> seed_persons(storage::blocking_connection& c, std::uint64_t count);

/// The direct conversations first … last - 1, each of one of `owners` (number n: owners[n % size]) with a person of its own
/// number, with one message.
result<void> seed_directs(storage::blocking_connection& c, std::uint32_t series,
                          std::uint64_t first, std::uint64_t last, const std::vector<uuid>& owners);

/// `count` groups, each owned by one of `owners`, with the persons 0 … members - 2 and one message.
result<void> seed_groups(storage::blocking_connection& c, std::uint32_t series, std::uint64_t count,
                         std::uint64_t members, const std::vector<uuid>& owners);

/// What autovacuum and the checkpointer would otherwise do in the middle of a measurement. Needs a superuser.
result<void> settle(storage::blocking_connection& c);

}  // namespace nova::bench
