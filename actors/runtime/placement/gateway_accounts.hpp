// The accounts that have sockets on other gateway nodes. A push asks it which nodes to go to. Used by cluster_router. Thread-safe;
// many may ask at the same time.
#pragma once

#include "actors/runtime/link/network.hpp"
#include "protocols/core/ids.hpp"

#include <boost/functional/hash.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
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
  /// All gateways that had an account here and are not forgotten.
  std::vector<link::peer_number> gateways() const;
  /// The gateway is gone, and so are its accounts.
  void forget(link::peer_number gateway);
  /// True when an account of the list has a socket on the gateway. `owner` keeps the list; the answer is remembered meanwhile.
  bool any_of(link::peer_number gateway, const std::vector<uuid>& list,
              const std::shared_ptr<const void>& owner) const;

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
  /// One gateway: how often its accounts changed, and what was found in lists.
  struct gateway_state {
    struct found {
      std::weak_ptr<const void> owner;
      std::uint64_t changes = 0;
      bool any = false;
    };
    std::atomic<std::uint64_t> changes{0};
    std::mutex mutex;
    std::unordered_map<const void*, found> lists;
  };
  std::shared_ptr<gateway_state> state_of(link::peer_number gateway);
  bool is_at(const uuid& account, link::peer_number gateway) const;

  static std::size_t index_of(const uuid& account) noexcept {
    return (boost::hash<uuid>()(account) >> 8) % parts;
  }
  const part& part_of(const uuid& account) const noexcept { return parts_[index_of(account)]; }

  std::array<part, parts> parts_;
  std::atomic<std::size_t> size_{0};
  mutable std::shared_mutex states_mutex_;
  std::unordered_map<link::peer_number, std::shared_ptr<gateway_state>> states_;
};

}  // namespace nova::runtime
