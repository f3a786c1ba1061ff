// Events that feed takes: posts, shares, interactions and relations of other domains, and its own events, which carry the act of one
// account to the shards of others. Called by feed_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <vector>

namespace nova::feed {

std::vector<runtime::intake> intakes();

}  // namespace nova::feed
