// The test bed: three nodes of one Nova, two of them gateways, and their PostgreSQL, each on a host of its own. Used by nemesis.cpp,
// which harms them.
#pragma once

#include "storage/embedded/embedded_postgres.hpp"
#include "tests/nemesis/network.hpp"
#include "tests/nemesis/stepped_clock.hpp"
#include "tests/support/server_process.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nova::nemesis {

struct bed_options {
  std::uint64_t seed = 1;
  std::string binary = {};   ///< empty: as server_process finds it
  std::string planted = {};  ///< a fault of nova-planted
  std::string folder =
      {};  ///< for what is on disk, kept at the end; empty: one of its own, removed
};

class bed {
 public:
  static constexpr std::size_t nodes = 3, gateways = 2;  ///< the first nodes are the gateways

  explicit bed(bed_options options);
  ~bed();
  bed(const bed&) = delete;
  bed& operator=(const bed&) = delete;

  /// After host::enter(). Starts everything and waits until it is whole. False: `why` says what failed.
  bool start(std::string& why);
  /// Waits until each node is linked with each other one, and all say the same of the owner of each part.
  bool await_whole(std::chrono::milliseconds within, std::string& why);
  /// The same, and until each part that one of these nodes owns is where it should be while all nodes are there.
  bool await_placed(const std::vector<bool>& judged, std::chrono::milliseconds within,
                    std::string& why);

  client::server_process& node(std::size_t i) { return *nodes_[i]; }
  /// Starts a node that has ended, on its host, and waits until it is ready.
  bool start_node(std::size_t i, std::string& why) { return start_nodes({i}, why); }
  /// The same for several at once.
  bool start_nodes(const std::vector<std::size_t>& which, std::string& why);
  /// Starts nodes that have ended; await_ready comes next.
  bool begin_nodes(const std::vector<std::size_t>& which, std::string& why);
  /// Waits until the nodes that were begun are ready. `restarts`: one that cannot reach its databases and ends is begun again, as a
  /// service manager would.
  bool await_ready(const std::vector<std::size_t>& which, bool restarts, std::string& why);
  /// A node that has ended starts as this program from now on.
  void use(std::size_t i, const std::string& binary);
  static std::string name_of(std::size_t i);
  std::vector<client::endpoint> gateway_addresses() const;

  stepped_clock& clock(std::size_t i) { return *clocks_[i]; }
  network& net() noexcept { return net_; }
  static unsigned host_of(std::size_t node) { return static_cast<unsigned>(node) + 1; }
  static constexpr unsigned database_host = 100, clients_host = 200;

  /// Index of the node with the most parts of the domain, as node `asked` says; `nodes`: it knows no owner.
  std::size_t owner(const std::string& domain, std::size_t asked);
  /// By shard, the index of its owner as all nodes say when the bed is whole; empty: the first gateway does not answer.
  std::vector<std::size_t> owners_of_shards(const std::string& domain);
  /// Domains, each with its two nodes.
  struct placed {
    std::string domain;
    std::array<std::size_t, 2> on;
  };
  const std::vector<placed>& domains() const noexcept { return domains_; }
  /// Asks `from` to give its parts of the domain to a node; false: it refuses for now.
  bool move(const std::string& domain, std::size_t from, std::size_t to);
  /// Asks a node to hand everything over and to end.
  bool drain(std::size_t i);

  bool stop_database_immediately();
  void pause_database(bool paused);
  /// Where the operations pages of a node are.
  static std::string operations_of(std::size_t i);
  /// For an administrator's session, past the network.
  std::string administrator(const std::string& database) const;

  /// The last lines of each node's log.
  std::string logs() const;

 private:
  bool make_hosts(std::string& why);
  bool start_database(std::string& why);
  bool make_certificates() const;
  client::server_options settings_of(std::size_t i) const;
  bool make_nodes(std::string& why);
  std::string looks_whole();
  std::string looks_placed(const std::vector<bool>& judged);
  bool await(const std::function<std::string()>& fault, std::chrono::milliseconds within,
             std::string& why);

  const bed_options options_;
  std::string folder_;
  int lock_ = -1;
  network net_;
  std::unique_ptr<storage::embedded_postgres> database_;
  std::vector<placed> domains_;
  std::vector<host*> hosts_;  ///< of the nodes
  host* database_host_ = nullptr;
  std::vector<std::unique_ptr<stepped_clock>> clocks_;  ///< of the nodes
  std::vector<client::server_options> node_options_;
  std::vector<std::unique_ptr<client::server_process>> nodes_;
};

}  // namespace nova::nemesis
