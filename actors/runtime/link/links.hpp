// The links of this node, one a peer, on an I/O thread of their own: finds peers from seeds, keeps what is known of each, dials
// lost ones again, and carries envelopes. Made by node; the router of a cluster sends through it.
#pragma once

#include "actors/runtime/link/gate.hpp"
#include "actors/runtime/link/network.hpp"
#include "protocols/core/ids.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace nova::link {

class links final : public network {
 public:
  /// `self`: its incarnation and address are filled in here.
  links(config::cluster_settings settings, Member self, const wall_clock& wall,
        random_source& random);
  ~links() override;

  result<std::uint16_t> start(hooks h) override;
  void stop(std::chrono::milliseconds budget) override;
  bool send(peer_number to, const Envelope& e, lane on) override;
  members_ptr members() const override;
  void update_self(std::function<void(Member&)> change) override;
  result<void> renew(const config::cluster_settings& settings) override;
  traffic counted() const override;
  void post(std::function<void()> f) override;
  std::unique_ptr<alarm> make_alarm(std::function<void()> ring) override;

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
    std::vector<std::string> understands;
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
