// The accounts that have sockets on other gateway nodes. A push asks it which nodes to go to. Used by cluster_router. Thread-safe;
// many may ask at the same time.
#pragma once

#include "actors/runtime/link/network.hpp"
#include "protocols/core/ids.hpp"

#include <boost/functional/hash.hpp>

#include <array>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

class gateway_accounts {
 public:
  void come(link::peer_number gateway, const uuid& account);
  void gone(link::peer_number gateway, const uuid& account);
  std::vector<uuid> of(link::peer_number gateway) const;

  bool empty() const noexcept { return size_.load(std::memory_order_relaxed) == 0; }
  /// Calls `take(gateway)` for each gateway with a socket of the account.
  template <class Take>
  void each_gateway_of(const uuid& account, Take take) const {
    const auto& p = part_of(account);
    std::shared_lock lock(p.mutex);
    if (const auto i = p.gateways.find(account); i != p.gateways.end())
      for (const auto gateway : i->second) take(gateway);
  }

 private:
  static constexpr std::size_t parts = 64;
  struct part {
    mutable std::shared_mutex mutex;
    std::unordered_map<uuid, std::vector<link::peer_number>, boost::hash<uuid>> gateways;
  };
  static std::size_t index_of(const uuid& account) noexcept {
    return (boost::hash<uuid>()(account) >> 8) % parts;
  }
  const part& part_of(const uuid& account) const noexcept { return parts_[index_of(account)]; }

  std::array<part, parts> parts_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace nova::runtime
