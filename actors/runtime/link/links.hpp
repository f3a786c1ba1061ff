// The links of this node, one a peer, on an I/O thread of their own: finds peers from seeds, keeps what is known of each, dials
// lost ones again, and carries envelopes. Made by node; the router of a cluster sends through it.
#pragma once

#include "actors/runtime/link/gate.hpp"
#include "protocols/core/ids.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace nova::link {

/// Names one start of another node's process, for this process. Never used again; 0: none.
using peer_number = std::uint16_t;

/// A node that this one knows.
struct member_view {
  Member record;
  peer_number peer = 0;                           ///< 0: this node, or one that was never linked
  bool linked = false;                            ///< true for this node
  std::chrono::steady_clock::time_point since{};  ///< of the link
};
using members_ptr = std::shared_ptr<const std::vector<member_view>>;

/// Sums over all links since the start.
struct traffic {
  std::uint64_t bytes_out = 0, bytes_in = 0, envelopes_out = 0, envelopes_in = 0;
  std::uint64_t losses = 0;   ///< links that ended
  std::uint64_t refused = 0;  ///< peers that were not let in
  std::uint64_t waiting_bytes = 0;
};

/// The way to other nodes. Thread-safe.
class port {
 public:
  virtual ~port() = default;
  /// False: the envelope will not be sent.
  virtual bool send(peer_number to, const Envelope& e, lane on) = 0;
  /// This node first, the others by name.
  virtual members_ptr members() const = 0;
};

class links final : public port {
 public:
  /// Called on the I/O thread. `up` comes before the first envelope of a link, `down` after the last one.
  struct hooks {
    std::function<void(peer_number, const Member&)> up;
    std::function<void(peer_number, const Member&, const std::string& reason)> down;
    std::function<void(peer_number, Envelopes&)> received;
    std::function<void()> changed;  ///< members() has news
  };

  /// `self`: its incarnation and address are filled in here.
  links(config::cluster_settings settings, Member self, const wall_clock& wall,
        random_source& random);
  ~links() override;

  /// Opens the port and begins to dial.
  result<std::uint16_t> start(hooks h);
  /// Waits at most `budget` until queued frames are written, then ends all links.
  void stop(std::chrono::milliseconds budget);

  bool send(peer_number to, const Envelope& e, lane on) override;
  members_ptr members() const override;
  /// Changes this node's record and tells the others.
  void update_self(std::function<void(Member&)> change);
  /// See gate::renew. Blocks until it is done.
  result<void> renew(const config::cluster_settings& settings);
  traffic counted() const;
  boost::asio::io_context& io() noexcept { return io_; }

 private:
  struct dialling {
    std::chrono::steady_clock::time_point next{};
    std::uint32_t failures = 0;
  };
  struct peer {
    Member record;
    peer_number number = 0;
    std::shared_ptr<wire> link;
    bool dialled_by_smaller = false;
    std::chrono::steady_clock::time_point since{}, lost{};
    dialling dial;
  };
  struct seed {
    std::string address, node;
    bool self = false;
    dialling dial;
  };

  void proved(introduced i);
  void lost(const std::string& node, const wire* which, const std::string& reason);
  void take_members(const Members& m);
  void gossip();
  void publish();
  void tick();
  void dial(dialling& d, const std::string& address, std::function<dialling*(bool self)> found);
  void received(peer_number from, Envelopes& batch);
  Envelope told_members() const;

  const config::cluster_settings settings_;
  random_source& random_;
  boost::asio::io_context io_{1};
  link_counts counts_;
  hooks hooks_;
  gate gate_;
  Member self_;
  std::map<std::string, peer> peers_;  // by node
  std::vector<seed> seeds_;
  peer_number last_number_ = 0;
  boost::asio::steady_timer tick_;
  std::uint32_t ticks_ = 0;
  std::thread thread_;
  bool stopping_ = false;

  mutable std::shared_mutex open_mutex_;
  std::unordered_map<peer_number, std::shared_ptr<wire>> open_;
  mutable std::mutex members_mutex_;
  members_ptr members_;
};

}  // namespace nova::link
