// Pushes and watch sets on their way to the couriers. Made by fanout and shards, taken by couriers
// through the router.
#pragma once

#include "actors/runtime/api/account_set.hpp"
#include "actors/runtime/api/decision.hpp"
#include "protocols/core/bus.hpp"

#include <boost/functional/hash.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace nova::runtime {

/// The courier slot of an account; `slots` is a power of two.
inline std::uint32_t courier_of(const uuid& account, std::size_t slots) noexcept {
  return static_cast<std::uint32_t>(boost::hash<uuid>()(account) & (slots - 1));
}

/// The accounts of a large audience that lie in one slot. Shared by the shard that pushes to them and
/// the courier.
struct audience_part {
  std::vector<uuid> accounts;  ///< ascending
  /// The slot's `arrivals` when its courier found none of them online; 0: not looked yet. Until another
  /// socket comes to the slot, no push is sent there. So the cost of a push depends on the members
  /// online, not on all members.
  std::atomic<std::uint64_t> nobody_at{0};
};

/// A push for some accounts of one courier. If `part` is set, `accounts` is the part's list, and all of
/// them lie in this slot.
struct delivery {
  rpc::push_ptr push;
  rpc::connection_id origin = 0;
  uuid except{};
  std::shared_ptr<const std::vector<uuid>> accounts;
  std::shared_ptr<audience_part> part = nullptr;
  std::size_t bytes = 0;  ///< of the push, approximately
  const push_pace* pace = nullptr;
  /// Instead of `accounts`: the courier picks the slices of its slot.
  std::shared_ptr<const account_set> many = nullptr;
};

/// Calls `take(index)` for the slices of a set that have accounts of the slot.
template <class Take>
void each_slice_of(std::uint32_t slot, std::size_t slots, Take take) {
  for (std::size_t i = slot % account_set::slices; i < account_set::slices; i += slots) take(i);
}

/// To the courier of the watching account: replaces the whole set of the connection.
struct watch_accounts {
  uuid watcher{};
  rpc::connection_id connection = 0;
  std::vector<uuid> accounts;
  std::vector<unix_ms> last_seen = {};  ///< see watch_presence
};

/// To the courier of the watching account: its sockets no longer receive the presence of `watched`.
struct end_watch {
  uuid watcher{};  ///< nil: every watcher
  uuid watched{};
};

}  // namespace nova::runtime
