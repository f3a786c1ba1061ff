// Nova on several nodes, or in one process, one after the other on the same databases: accounts and conversations of one are
// those of the next. Links have TLS with certificates, as between machines. Used by the scenarios of bench/cluster.
#pragma once

#include "bench/support/stage.hpp"
#include "storage/embedded/embedded_postgres.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nova::bench {

struct node_plan {
  std::string name;                ///< empty: one process outside a cluster
  std::vector<std::string> roles;  ///< empty: all
  bool tls = false;                ///< its gateway serves TLS only
};

/// The names of all domains but these.
std::vector<std::string> domains_but(const std::vector<std::string>& left_out);

struct owned_part {
  std::string node;  ///< empty: no owner is known
  std::vector<std::uint64_t> shards;
};

class node_stage final : public stage {
 public:
  explicit node_stage(const run_options& options);
  ~node_stage() override;

  /// Starts the databases. False: `problem` says why.
  bool open(std::string& problem) override;
  /// Ends the nodes that run and starts these. Returns when each part is where it belongs and all nodes know it: nothing moves by
  /// itself after that. False: `problem` says why. Not from two threads: a node ends with the thread that starts it.
  bool start(const std::vector<node_plan>& plan, std::string& problem);
  /// Starts a node of the plan that was killed.
  bool start_again(const std::string& name, std::string& problem);
  /// Waits as start() does; not for a node that has ended.
  bool await_settled(std::string& problem);

  /// The gateways take turns.
  client::endpoint at(std::size_t number = 0) const override;
  std::string admin_conninfo(const std::string& domain) const override;
  /// All nodes together.
  cpu_split cpu() const override;
  std::uint64_t server_rss() const override;

  client::server_process& node(const std::string& name) { return *nodes_.at(name).process; }
  double cpu_of(const std::string& name) const;
  /// The parts of the domain, as the node knows them. Empty: the node did not answer.
  std::vector<owned_part> parts(const std::string& domain, const std::string& asked) const;
  /// An operations page; empty: the node did not answer.
  std::string page(const std::string& node, const std::string& target) const;
  /// The node's count of that name in `GET /cluster`.
  std::uint64_t counter(const std::string& node, const std::string& name) const;
  /// Asks the owner to move the part. False: refused.
  bool move(const std::string& domain, std::size_t part, const std::string& owner,
            const std::string& to) const;
  /// The last part of each node's log.
  std::string logs(std::size_t bytes = 3'000) const;

 private:
  struct running {
    node_plan plan;
    std::uint16_t operations = 0;
    std::unique_ptr<client::server_process> process;
  };

  std::string unsettled() const;
  bool make_certificates(const std::vector<node_plan>& plan) const;
  client::server_options options_of(const node_plan& plan, std::uint16_t operations,
                                    const std::vector<std::uint16_t>& links) const;
  client::http_client pages(const std::string& name) const;

  std::string folder_;
  std::unique_ptr<storage::embedded_postgres> database_;
  std::map<std::string, running> nodes_;
  std::vector<std::string> gateways_;
};

}  // namespace nova::bench
