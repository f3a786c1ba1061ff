// A cluster of real processes on loopback, on databases of one private PostgreSQL. Used by cluster_flow_test,
// and by flow tests that ask for nodes.
#pragma once

#include "tests/support/client/account.hpp"
#include "tests/support/client/device.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/server_process.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nova::cluster {

struct node_plan {
  std::string name;
  std::vector<std::string> roles;  ///< empty: all
  std::map<std::string, std::string> settings =
      {};  ///< of [cluster], beside or instead of the usual ones
};

class processes {
 public:
  /// Starts all of them and waits until each is ready.
  explicit processes(std::vector<node_plan> plan);
  ~processes();

  client::server_process& node(const std::string& name) { return *nodes_.at(name); }
  client::endpoint at(const std::string& name) { return node(name).at(); }
  /// Where the nodes keep the bytes of media.
  const std::string& media_folder() const { return folder_; }
  /// The parts of the domain and the nodes that own them (empty: none is known), by the operations pages of `asked`, which has no
  /// gateway.
  std::vector<std::string> owners(const std::string& domain, const std::string& asked);
  /// The node that owns the entity of this key.
  std::string owner(const std::string& domain, const std::string& key, const std::string& asked);
  /// Waits until `asked` knows an owner that `fits` for each part of the domain.
  bool owned(const std::string& domain, const std::string& asked,
             const std::function<bool(std::size_t part, const std::string& node)>& fits);
  /// Waits until `asked` is linked with all other nodes.
  bool linked(const std::string& asked);
  /// The operations pages of a node, as `asked` knows them, which has no gateway.
  client::endpoint operations(const std::string& name, const std::string& asked);
  /// The last lines of each node's log.
  std::string logs() const;

 private:
  std::string folder_;
  std::map<std::string, std::unique_ptr<client::server_process>> nodes_;
};

}  // namespace nova::cluster
