// The inside of a node: the hub and the actor system around it. Used by node.cpp and by
// testing.cpp; includes CAF.
#pragma once

#include "actors/runtime/kernel/actor_config.hpp"
#include "actors/runtime/node/hub.hpp"
#include "actors/runtime/node/node.hpp"
#include "actors/runtime/kernel/supervisor.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <condition_variable>
#include <mutex>

namespace nova::runtime {

struct node::impl {
  impl(node_options options, rpc::push_sink& sink);

  void build();
  std::vector<child_spec> tree();
  child_spec domain_child(domain_link& d);
  child_spec couriers_child();
  supervision policy(std::string_view metrics_class);
  /// Waits; in a simulation by running it.
  bool wait(std::function<bool()> until, std::chrono::steady_clock::time_point deadline);
  void silence();

  runtime::hub hub;
  actor_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::actor root;
  std::function<void()> pump;  ///< simulations: lets everything happen that can happen now
  std::mutex mutex;
  std::condition_variable changed;
  bool started = false;
  bool root_ended = false;
  bool stopped = false;
};

}  // namespace nova::runtime
