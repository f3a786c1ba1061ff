// Calls to entities of other nodes: kept until they are answered, sent again where that is safe, and answered at once when their
// node goes. Used by cluster_router. Thread-safe.
#pragma once

#include "actors/runtime/entities/wheel.hpp"
#include "actors/runtime/kernel/services.hpp"
#include "actors/runtime/placement/envelopes.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

/// The owner of a shard, as this node knows it.
struct owner_hint {
  bool here = false;
  link::peer_number peer = 0;  ///< 0: unknown
};

class remote_calls {
 public:
  struct hooks {
    std::function<owner_hint(const rpc::call&)> owner;
    std::function<bool(link::peer_number, const link::Envelope&)> send;
    std::function<void(rpc::call)> here;  ///< carries the call out in this process
    std::function<void()> tick_wanted;    ///< tick() must be called soon
  };

  remote_calls(services& s, std::size_t most, hooks h);

  /// Takes the call to its owner. Without an owner it waits for one; at its deadline the answer is `unavailable` then (with a word of
  /// doubt if a lost node may have carried it out), and `deadline_exceeded` when a node has the call.
  void call(rpc::call c);
  void answered(link::peer_number from, const link::Reply& r);
  /// The node is gone. A call that it may have carried out is sent again only if a second time changes nothing.
  void lost(link::peer_number peer);
  /// An owner became known: waiting calls are sent at once.
  void owner_known();
  /// False when nothing waits any more; then it need not be called.
  bool tick();
  struct outcomes {
    std::uint64_t answered = 0, resent = 0, lost = 0, late = 0, waiting = 0;
  };
  outcomes counted() const;

 private:
  struct waiting : timed {
    rpc::call call;
    link::peer_number peer = 0;  ///< 0: waits for `next`
    steady_time next{};
    std::uint32_t tries = 0;
    bool doubtful = false;  ///< a node that is gone may have carried it out
  };
  using waiting_ptr = std::unique_ptr<waiting>;
  using table = std::unordered_map<std::uint64_t, waiting_ptr>;

  std::uint32_t left_ms(const rpc::call& c) const;
  void send_again(std::uint64_t id);
  rpc::reply_result certain(rpc::reply_result r, bool doubtful);
  void park(std::uint64_t id, waiting& w);
  void send_parked(bool all);

  services& services_;
  const std::size_t most_;
  const hooks hooks_;
  std::atomic<std::uint64_t> last_id_{0};
  mutable std::mutex mutex_;
  table calls_;
  std::vector<std::uint64_t> parked_;
  wheel wheel_;
  std::atomic<std::uint64_t> answered_{0}, resent_{0}, lost_{0}, late_{0};
};

}  // namespace nova::runtime
