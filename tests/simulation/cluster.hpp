// Nodes on shared stores under one seeded scheduler and one virtual clock, and what can befall them. One thread; every choice
// comes from the seed. Used by run.cpp; clients add themselves as sources of steps.
#pragma once

#include "tests/simulation/virtual_node.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nova::simulation {

using std::chrono::milliseconds;

/// How a call over HTTP ended for its caller. `lost`: no answer came, whatever happened.
struct http_answer {
  bool lost = false;
  rpc::reply_result reply = make_error(errc::unavailable);
  bool ok() const { return !lost && reply.has_value(); }
  /// Carried out perhaps, or later if tried again.
  bool uncertain() const;
};

struct cluster_options {
  std::uint64_t seed = 1;
  std::size_t nodes = 1;
  bool linked = false;  ///< the nodes are one Nova; else they race for all of it
  std::vector<std::vector<std::string>> roles = {};  ///< by slot, for linked nodes
  std::vector<double> weights = {};  ///< by slot, for linked nodes; 0: of a release that tells none
  node_settings settings = {};
};

class cluster {
 public:
  static constexpr milliseconds tick_length{10};
  static constexpr milliseconds http_patience{12'000};

  /// Starts the first node; the others are there when start() is called.
  explicit cluster(cluster_options o);
  ~cluster();

  runtime::seeded_random& random() noexcept { return random_; }
  std::uint64_t random(std::uint64_t below) { return random_.next() % below; }
  milliseconds now() const noexcept { return now_; }
  stores& databases() noexcept { return stores_; }
  bool linked() const noexcept { return options_.linked; }
  /// By the options: whether the node of the slot carries the role.
  bool has_role(std::size_t slot, std::string_view role) const;
  virtual_network& network() noexcept { return network_; }
  /// Commit lanes of each database.
  std::uint32_t lanes() const noexcept {
    return options_.linked ? std::min(options_.settings.cluster.parts, options_.settings.shards)
                           : options_.settings.storage.lanes;
  }

  /// Lets one tick pass, with everything that can happen in it; now and then only with a part of it (a busy machine).
  void tick();
  bool run_until(const std::function<bool()>& done, milliseconds limit);
  /// Called at each tick, before anything happens in it.
  void on_tick(std::function<void()> f) { on_tick_.push_back(std::move(f)); }
  /// A source of steps beside the nodes.
  void add_source(std::function<bool()> f) { sources_.push_back(std::move(f)); }
  /// Called after each step.
  void on_step(std::function<void()> f) { on_step_.push_back(std::move(f)); }
  /// `f` happens in the first tick from `at` on, after so many of its steps.
  void plan(milliseconds at, std::uint64_t after_steps, std::function<void()> f);

  /// Node slots; null while the process is not there.
  std::size_t size() const noexcept { return nodes_.size(); }
  virtual_node* node(std::size_t i) { return nodes_[i].get(); }
  void crash(std::size_t i);
  void start(std::size_t i);
  /// From its next start on.
  void set_weight(std::size_t i, double weight) { options_.weights.at(i) = weight; }
  /// As a load balancer sees it: some node that is ready; null when none is.
  virtual_node* ready_node();
  /// No database was away or slow, and no node stood still, now or at any tick since then: a call does not wait for the effect of its
  /// events where a database is away.
  bool undisturbed_since(milliseconds since) const noexcept { return disturbed_ < since; }
  /// Slot and incarnation by which clients notice that theirs died.
  std::uint64_t incarnation(std::size_t i) const { return incarnations_[i]; }

  void http(const rpc::method& m, rpc::message_ptr request, rpc::caller caller,
            std::function<void(const http_answer&)> done, std::string idempotency_key = {});

  /// Mixed with everything that clients are told.
  void note(std::string_view bytes);
  std::uint64_t trace() const;
  std::uint64_t steps() const noexcept { return steps_; }

 private:
  struct pending_http {
    std::uint64_t id;
    std::size_t slot;
    milliseconds until;
    std::function<void(const http_answer&)> done;
  };
  struct planned {
    milliseconds at;
    std::uint64_t after_steps;
    std::function<void()> what;
  };
  bool step();
  void settle(std::uint64_t most);
  void strike_due(std::uint64_t steps_in_tick, bool all);
  void give_up_http(const std::function<bool(const pending_http&)>& which);
  void answered_http(std::uint64_t id, const rpc::reply_result& r);

  cluster_options options_;
  runtime::seeded_random random_, choice_;
  milliseconds now_{0}, disturbed_{-1};
  stores stores_;
  virtual_network network_;
  std::vector<std::unique_ptr<virtual_node>> nodes_;
  std::vector<std::uint64_t> incarnations_;
  std::vector<std::function<void()>> on_tick_, on_step_;
  std::vector<std::function<bool()>> sources_;
  std::vector<planned> plans_;
  std::vector<pending_http> http_;
  std::uint64_t last_http_ = 0, steps_ = 0, trace_ = 0, dead_traces_ = 0;
};

}  // namespace nova::simulation
