// The reference of ask: pairs of plain CAF actors, one asking the other, on the scheduler threads of a node.
#pragma once

#include "actors/runtime/node.hpp"

#include <cstddef>
#include <cstdint>

namespace nova::bench {

/// `lanes` pairs, each with one request under way (a key of 36 bytes, answered with the sum so far), for `seconds`. The
/// number of answers.
std::uint64_t run_bare_requests(runtime::node& on, std::size_t lanes, double seconds);

}  // namespace nova::bench
