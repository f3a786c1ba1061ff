// The last pushes to each gateway node, numbered, so that a break of a link loses none: they are sent again from the last one that the
// gateway has. Used by cluster_router. Thread-safe.
#pragma once

#include "actors/runtime/kernel/services.hpp"
#include "actors/runtime/link/network.hpp"

#include <deque>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

class push_journal {
 public:
  using send_fn = std::function<bool(link::peer_number, const link::Envelope&)>;
  struct limits {
    std::chrono::milliseconds kept{0};
    std::size_t bytes = 0;  ///< for each gateway
  };

  push_journal(services& s, limits l, send_fn send);

  /// Sends the push, or keeps it until the gateway is back. Pushes of one caller keep their order.
  void push(link::peer_number gateway, link::Push p);
  /// The gateway is linked, and knows the pushes up to `last`: the others are sent now. False: some are not kept any more.
  bool up(link::peer_number gateway, std::uint64_t last);
  void down(link::peer_number gateway);
  /// Gateways that are gone for longer than pushes are kept; they are forgotten.
  std::vector<link::peer_number> forget_gone();

 private:
  struct kept {
    std::uint64_t number = 0;
    steady_time at{};
    std::size_t bytes = 0;
    link::Envelope envelope;
  };
  struct gateway {
    bool linked = false;
    std::uint64_t last = 0;
    std::size_t bytes = 0;
    std::deque<kept> pushes;
    steady_time gone{};
  };
  void trim(gateway& g, steady_time now) const;

  services& services_;
  const limits limits_;
  const send_fn send_;
  std::mutex mutex_;
  std::unordered_map<link::peer_number, gateway> gateways_;
};

}  // namespace nova::runtime
