// How units become one transaction: the order of the steps, and the merging of statements. Pure. The libpq lane and the lane in
// memory share this code, so both have the same semantics.
#pragma once

#include "storage/database/database.hpp"

#include <map>
#include <span>
#include <vector>

namespace nova::storage {

/// An accepted unit on its way through the lane.
struct pending_unit {
  commit_unit unit;
  std::size_t bytes = 0;          ///< its share of the queue's limit
  std::uint64_t first_event = 0;  ///< assigned when a batch is built
  std::uint64_t order =
      0;  ///< units of equal order stay in sequence: the activation, or a number of the unit's own
};

/// One statement of the transaction.
struct batch_step {
  const query* what = nullptr;
  std::vector<const statement*> rows;  ///< executions; one for merging::none
  std::ptrdiff_t unit = -1;  ///< index of the one unit that the step belongs to; -1: merged
  std::uint32_t expect_rows = 0;
};

/// Steps in the order of effects. Merged statements are collected; they run by rank before the next statement with merging::none,
/// and at the end. Of several executions of a merging::last statement with an equal key, only the last one stays.
std::vector<batch_step> plan_batch(std::span<const pending_unit> units);

/// Next outbox number of each shard that the lane owns.
using shard_counters = std::map<std::uint32_t, std::uint64_t>;  // shard → last seq used

/// Assigns first_event to the units that have events, and advances `counters`. `counters` must hold every shard.
void number_events(std::span<pending_unit> units, shard_counters& counters);

/// Bytes of statements and events, roughly as on the wire.
std::size_t unit_bytes(const commit_unit& unit) noexcept;

/// Says why a unit can never be written; empty: no reason. Reasons: a shard that is not owned, too many bytes, parameters
/// that do not fit array_types, expect_rows on a merged statement.
std::string unit_defect(const commit_unit& unit, const shard_counters& owned,
                        std::size_t max_bytes);

}  // namespace nova::storage
