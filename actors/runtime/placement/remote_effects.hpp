// Effects of events in shards of other nodes: deliveries, and the refreshes behind a read model's commit. Kept until they are
// answered. Used by cluster_router. Thread-safe.
#pragma once

#include "actors/runtime/kernel/services.hpp"
#include "actors/runtime/placement/envelopes.hpp"
#include "actors/runtime/placement/remote_calls.hpp"
#include "actors/runtime/routing/router.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace nova::runtime {

class remote_effects {
 public:
  struct hooks {
    /// `here` only while this node's lease holds: then no other node remembers anything of the shard.
    std::function<owner_hint(shard_address)> owner;
    std::function<bool(link::peer_number, const link::Envelope&)> send;
    std::function<void(shard_address, std::string_view kind, const std::string& key,
                       std::function<void()> done)>
        refresh_here;
  };

  remote_effects(services& s, hooks h) : services_(s), hooks_(std::move(h)) {}

  /// `done` is told `suspended` when the owner cannot be reached or goes; the reader delivers again.
  void deliver(link::peer_number owner, link::Envelope deliver, part_delivery::done_fn done);
  void delivered(link::peer_number from, const link::Delivered& told);
  /// Asks the shard's owner until one has answered: the entity may be in the memory of the next owner, too.
  void refresh(shard_address target, std::string_view kind, const std::string& key,
               std::function<void()> done);
  void refreshed(link::peer_number from, const link::Refreshed& told);
  /// The node is gone.
  void lost(link::peer_number peer);
  /// An owner became known.
  void owner_known();

 private:
  struct delivery {
    link::peer_number peer = 0;
    part_delivery::done_fn done;
  };
  struct refreshing {
    shard_address target;
    std::string_view kind;
    std::string key;
    std::function<void()> done;
    link::peer_number peer = 0;  ///< 0: waits for an owner
  };

  void ask(std::uint64_t id);
  void ask_later(std::uint64_t id);

  services& services_;
  const hooks hooks_;
  std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, delivery> deliveries_;
  std::map<std::uint64_t, refreshing> refreshes_;
};

}  // namespace nova::runtime
