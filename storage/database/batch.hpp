// How units become one transaction: the order of steps and what is merged. Pure; shared by the libpq lane and the one in
// memory, so that both have the same semantics.
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
      0;  ///< units of one order stay in order: the activation, or a number of its own
};

/// One statement of the transaction.
struct batch_step {
  const query* what = nullptr;
  std::vector<const statement*> rows;  ///< executions; one for merging::none
  std::ptrdiff_t unit = -1;            ///< index of the unit that it belongs to alone; -1: merged
  std::uint32_t expect_rows = 0;
};

/// Steps in the order of effects: merged statements are collected and run by rank before the next one that is executed in its
/// place, and at the end. Of executions of a merging::last statement with equal key only the last stays.
std::vector<batch_step> plan_batch(std::span<const pending_unit> units);

/// Next outbox number of each shard that the lane owns.
using shard_counters = std::map<std::uint32_t, std::uint64_t>;  // shard → last seq used

/// Assigns first_event to the units that have events; `counters` is advanced. Every shard must be in it.
void number_events(std::span<pending_unit> units, shard_counters& counters);

/// Bytes of statements and events, roughly as on the wire.
std::size_t unit_bytes(const commit_unit& unit) noexcept;

/// Why a unit can never be written, or empty: a shard that is not owned, parameters that do not fit array_types,
/// expect_rows where it cannot be checked.
std::string unit_defect(const commit_unit& unit, const shard_counters& owned,
                        std::size_t max_bytes);

}  // namespace nova::storage
