// One simulated Nova process: the real runtime with the domains of memory_doubles() on stores in memory, and the gateway's edge in
// front; alone, or one of several with links between them. Dies, pauses and starts again as a process does; the stores live on. Used by cluster.
#pragma once

#include "actors/runtime/node/testing.hpp"
#include "config/settings/messaging_settings.hpp"
#include "storage/memory/memory_database.hpp"
#include "tests/simulation/memory_domains.hpp"
#include "tests/simulation/virtual_edge.hpp"
#include "tests/simulation/virtual_links.hpp"
#include "tests/simulation/watched_bus.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace nova::simulation {

/// The databases, which outlive every node. Their clock is the cluster's.
struct stores {
  explicit stores(std::function<unix_ms()> now);
  std::vector<storage::memory_store> all;  ///< in the order of memory_doubles()
  storage::memory_store& of(std::string_view domain) { return all[double_of(domain).value()]; }
};

/// What differs between runs, drawn from the seed.
struct node_settings {
  config::runtime_settings runtime;
  config::gateway_settings gateway;
  config::messaging_settings messaging;
  config::storage_settings storage;
  std::uint32_t shards = 4;
  unsigned disk_ms = 0;                   ///< an action of a database takes up to this long
  config::cluster_settings cluster = {};  ///< for nodes with links
};

/// A node's place among the others.
struct node_place {
  virtual_network* network = nullptr;  ///< null: it holds all domains, and no link
  std::size_t slot = 0;
  std::vector<std::string> roles = {};  ///< as cluster.roles
  double weight = 1;                    ///< as cluster.weight; 0: of a release that tells none
};

class virtual_node {
 public:
  /// `name` is the data folder's: a successor of the same name fences what its predecessor left.
  virtual_node(stores& s, std::string name, const node_settings& settings, node_place place,
               std::uint64_t seed, unix_ms wall);
  ~virtual_node();
  virtual_node(const virtual_node&) = delete;
  virtual_node& operator=(const virtual_node&) = delete;

  const std::string& name() const noexcept { return name_; }
  bool ready() const;
  bool has_gateway() const;
  runtime::node& node() { return sim_->node(); }
  /// By its own clock, which stands while it is paused.
  std::chrono::steady_clock::time_point now() const { return sim_->now(); }
  /// As over HTTP; `reply` comes once, unless the process dies before.
  void call(rpc::call c);
  wire_ptr connect() { return edge_->connect(); }

  /// One step of an actor, a database, or the edge.
  bool step();
  /// Moves its clocks; while paused they stand, and go all the way at the end of the pause.
  void pass(std::chrono::milliseconds d);
  void pause() { paused_ = true; }
  void resume();
  bool paused() const noexcept { return paused_; }
  /// It stands still, or a lane of its databases accepts nothing or has lost its lease.
  bool disturbed() const;
  void jump_wall(std::chrono::milliseconds d) { sim_->jump_wall(d); }
  /// Begins to give each part to another node, as the first step of an orderly end.
  void give_all();
  /// It serves the part, and its lease holds by its own clock.
  bool serves(std::string_view domain, std::uint32_t part) const;
  void fall(std::size_t double_index, std::uint32_t from);
  /// A reader has committed an effect and not heard yet that the entities which hold the old truth are told.
  bool owes_refresh() const;
  /// Null: the node never owns the domain.
  storage::memory_database* database(std::size_t double_index) {
    return databases_[double_index].get();
  }
  /// See watched_bus::broken.
  std::string broken_promise() const { return bus_->broken(); }
  std::uint64_t trace() const { return sim_->trace(); }

 private:
  struct disk {
    std::deque<std::pair<std::chrono::steady_clock::time_point, std::function<void()>>> actions;
  };
  /// Pushes and closes find the edge through this, as it is made after the node.
  struct forwarder final : rpc::push_sink {
    virtual_edge* to = nullptr;
    void deliver(std::shared_ptr<const std::vector<rpc::connection_id>> c,
                 rpc::push_ptr p) override {
      if (to) to->deliver(std::move(c), std::move(p));
    }
    void close(rpc::connection_id c, rpc::close_code code, std::string reason) override {
      if (to) to->close(c, code, std::move(reason));
    }
    void revoke_session(const uuid& session, unix_ms until) override {
      if (to) to->revoke_session(session, until);
    }
  };
  void open(stores& s, const node_settings& settings);
  bool run_disk(disk& d);

  runtime::node_options node_options(const config::runtime_settings& settings);

  std::string name_;
  config::cluster_settings cluster_;  ///< node is empty: without links
  runtime::seeded_random choice_;
  forwarder sink_;
  unsigned disk_ms_;
  std::uint32_t lanes_;                   ///< of each database
  std::shared_ptr<virtual_links> links_;  ///< null: without links
  std::unique_ptr<runtime::simulation> sim_;
  std::vector<disk> disks_;  ///< one for each lane
  std::vector<std::shared_ptr<storage::memory_database>> databases_;
  std::unique_ptr<watched_bus> bus_;
  std::unique_ptr<virtual_edge> edge_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool paused_ = false;
  std::chrono::milliseconds owed_{0};  ///< time that passed during the pause
};

}  // namespace nova::simulation
