// The accounts with sockets on this gateway node, as other nodes are told of them: the whole set when a link comes up, then each
// change, in order. A socket is attached when every node whose domains push knows its account. Used by cluster_router. Thread-safe.
#pragma once

#include "actors/runtime/kernel/services.hpp"
#include "actors/runtime/placement/envelopes.hpp"

#include <boost/functional/hash.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <unordered_set>

namespace nova::runtime {

class attendance {
 public:
  using attached_fn = std::function<void(result<void>)>;
  struct hooks {
    std::function<bool(link::peer_number, const link::Envelope&)> send;
    /// The last push of the node that has come here.
    std::function<std::uint64_t(link::peer_number)> last_push;
    /// The node knows all accounts.
    std::function<void(link::peer_number)> informed;
    std::function<void()> tick_wanted;
    /// Sockets of these accounts came while the link to a node that pushes was broken: it sends them nothing of that time.
    std::function<void(const std::vector<uuid>& accounts)> strange;
    /// As `strange`, when more came than are kept.
    std::function<void()> all_strange;
  };
  /// Accounts that are kept while the link to one node is broken.
  static constexpr std::size_t most_strange = 4096;

  /// `memory`: when a link has been broken for longer, the node itself says that pushes were lost.
  attendance(services& s, std::chrono::milliseconds patience, std::chrono::milliseconds memory,
             hooks h);

  /// A socket came. `attached` is called when the nodes that push know it, or with `unavailable` after the patience.
  void come(const uuid& account, attached_fn attached);
  /// A socket that a resume token opened is attached: on other gateways it replaces those of its lineage that were resumed before it.
  /// Told only now: a socket that did not attach has replaced none, however late its note would arrive.
  void resumed(const uuid& account, const uuid& lineage, unix_ms resumed_at);
  /// The account's last socket here went.
  void left(const uuid& account);

  /// `pushes`: the node may own domains that push. `gateway`: it may have sockets.
  void up(link::peer_number peer, bool pushes, bool gateway);
  void down(link::peer_number peer);
  /// True while the node has not confirmed the whole set.
  bool informs(link::peer_number peer);
  void taken(link::peer_number peer, std::uint64_t number);
  /// False when no socket waits any more.
  bool tick();

 private:
  struct waiting {
    uuid account{};
    std::set<link::peer_number> unanswered;
    attached_fn attached;
    steady_time due{};
  };
  struct listener {
    bool pushes = false;
    bool gateway = false;
    std::uint64_t whole =
        0;  ///< number of the message that completes the whole set; 0: it was answered
  };
  /// A node that pushes, while the link to it is broken.
  struct absence {
    steady_time since{};
    std::vector<uuid> came = {};  ///< at most most_strange, and one more
    void note(const uuid& account) {
      if (came.size() <= most_strange) came.push_back(account);
    }
  };
  void tell_all(link::peer_number peer, listener& l);
  static void finish(std::vector<attached_fn>& done, result<void> r);

  services& services_;
  const std::chrono::milliseconds patience_, memory_;
  const hooks hooks_;
  std::mutex mutex_;
  std::unordered_set<uuid, boost::hash<uuid>> here_;
  std::map<link::peer_number, listener> listeners_;
  std::map<link::peer_number, absence> absent_;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, waiting> waiting_;  // by number
};

}  // namespace nova::runtime
