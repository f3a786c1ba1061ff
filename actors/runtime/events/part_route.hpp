// Finds one shard's share of an event on the node of that shard, by the route of the event. Used by cluster_router.
#pragma once

#include "actors/runtime/routing/domain_link.hpp"

#include <functional>

namespace nova::runtime {

/// Calls the intake's route until it names the shards, fills in `part->part`, and calls `then`, on any thread. An event that has
/// no effect in the shard any more counts as applied; the part is told how it ended otherwise.
void route_part(domain_link& d, const intake& in, std::uint32_t shard, part_ptr part,
                std::function<void()> then);

}  // namespace nova::runtime
