// The modelled network between simulated nodes: connections with delay, frames in order within a lane, cuts of one direction or
// both, broken connections and links that are full. virtual_links is one node's end, where production has links over TLS; it dials,
// tells members and ends silent links as that does, with the same frames. Used by cluster and virtual_node. One thread.
#pragma once

#include "actors/runtime/link/network.hpp"
#include "actors/runtime/node/testing.hpp"

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nova::simulation {

using std::chrono::milliseconds;

class virtual_links;

/// One connection, as the kernels and the wires between them hold it.
struct virtual_connection {
  struct piece {
    milliseconds due{0};
    std::string bytes =
        {};  ///< a hello, or whole frames; empty: the sender's end of the connection
  };
  std::array<std::size_t, 2> slots{};  ///< of the node that dialled, and of the other one
  /// By sender: 0 is the node that dialled.
  std::array<std::deque<piece>, 2> under_way{};
};

/// All that lies between the nodes. Outlives them.
class virtual_network {
 public:
  virtual_network(std::size_t nodes, std::uint64_t seed, std::function<milliseconds()> now);

  static constexpr milliseconds usual_delay{2};

  milliseconds now() const { return now_(); }
  runtime::seeded_random& choice() noexcept { return choice_; }
  static std::string name_of(std::size_t slot) { return "node-" + std::to_string(slot); }
  static std::string address_of(std::size_t slot) { return "10.0.0." + std::to_string(slot + 1); }

  /// Nothing goes from one node to the other while `yes`; it waits, as with TCP, until the path is back.
  void cut(std::size_t from, std::size_t to, bool yes) { way(from, to).cut = yes; }
  /// Each piece takes up to so long.
  void delay(std::size_t from, std::size_t to, milliseconds most) { way(from, to).delay = most; }
  /// Connections between the two break: of what is under way each end gets only a first part.
  void reset(std::size_t a, std::size_t b);
  /// Too much waits from one node to the other while `yes`: a link ends when more is sent on its bulk lane.
  void fill(std::size_t from, std::size_t to, bool yes) { way(from, to).full = yes; }

 private:
  friend class virtual_links;
  struct path {
    bool cut = false, full = false;
    milliseconds delay = usual_delay;
  };
  path& way(std::size_t from, std::size_t to) { return ways_[from * nodes_.size() + to]; }
  void put(virtual_connection& c, int sender, std::string bytes);
  /// The next piece for the other end of `sender` has arrived.
  bool arrived(const virtual_connection& c, int sender);

  std::function<milliseconds()> now_;
  runtime::seeded_random choice_;
  std::vector<virtual_links*> nodes_;  ///< null: no such process is there
  std::vector<path> ways_;
  std::vector<std::weak_ptr<virtual_connection>> connections_;
};

class virtual_links final : public link::network {
 public:
  using steady_time = std::chrono::steady_clock::time_point;

  /// `self`: its name, incarnation and address are filled in here. `now` is the process's monotonic clock.
  virtual_links(virtual_network& net, std::size_t slot, config::cluster_settings settings,
                link::Member self, unix_ms wall, std::function<steady_time()> now);
  ~virtual_links() override;

  /// Does one thing of the links' thread; false when there is nothing to do before time passes.
  bool step();

  result<std::uint16_t> start(hooks h) override;
  void stop(milliseconds budget) override;
  bool send(link::peer_number to, const link::Envelope& e, link::lane on) override;
  link::members_ptr members() const override { return members_; }
  void update_self(std::function<void(link::Member&)> change) override;
  result<void> renew(const config::cluster_settings&) override { return {}; }
  link::traffic counted() const override { return counts_; }
  void post(std::function<void()> f) override { posted_.push_back(std::move(f)); }
  std::unique_ptr<link::alarm> make_alarm(std::function<void()> ring) override;

 private:
  class end_alarm;
  /// This node's end of a connection.
  struct half {
    std::shared_ptr<virtual_connection> connection;
    int side = 0;  ///< 0: this node dialled
    bool introduced = false, ended = false;
    std::string node = {};  ///< of the other end
    link::peer_number number = 0;
    steady_time opened{}, heard{}, beat{}, bulk_after{};
    bool wrote_since_beat = false;
    link::outgoing_lanes out = {};
    link::incoming_lanes in{};
    virtual_connection& its() const { return *connection; }
    std::size_t other() const { return connection->slots[static_cast<std::size_t>(1 - side)]; }
  };
  using half_ptr = std::shared_ptr<half>;
  struct peer {
    link::Member record;
    link::peer_number number = 0;
    half_ptr link;
    bool dialled_by_smaller = false;
    steady_time since{}, lost{}, next_dial{};
    std::uint32_t failures = 0;
  };

  friend class virtual_network;
  void accept(std::shared_ptr<virtual_connection> c);
  bool step_of(std::size_t source);
  bool ring();
  void tick();
  void dial(std::size_t slot, peer& p);
  void dial_failed(peer& p);
  bool read(const half_ptr& h);
  bool write(half& h);
  void beat(const half_ptr& h);
  void say_hello(half& h);
  void introduce(const half_ptr& h, const std::string& hello);
  void take(const half_ptr& h, link::Envelopes& batch);
  bool put(half& h, const link::Envelope& e, link::lane on);
  void end(const half_ptr& h, const std::string& reason);
  void lost(const std::string& node, const half* which, const std::string& reason);
  void take_members(const link::Members& told);
  void gossip();
  void publish();
  void told_change() {
    if (hooks_.changed) hooks_.changed();
  }

  virtual_network& net_;
  const std::size_t slot_;
  const config::cluster_settings settings_;
  const std::function<steady_time()> now_;
  hooks hooks_;
  link::Member self_;
  std::map<std::string, peer> peers_;  ///< by node
  std::vector<half_ptr> halves_;
  std::deque<std::function<void()>> posted_;
  std::vector<end_alarm*> alarms_;
  link::peer_number last_number_ = 0;
  steady_time next_tick_{};
  std::uint32_t ticks_ = 0;
  bool running_ = false;
  link::traffic counts_;
  link::members_ptr members_;
};

}  // namespace nova::simulation
