// The inside of a node: services, couriers, directory, router, and the actor system around them.
// Used by node.cpp and testing.cpp; includes CAF.
#pragma once

#include "actors/runtime/kernel/actor_config.hpp"
#include "actors/runtime/kernel/services.hpp"
#include "actors/runtime/kernel/supervisor.hpp"
#include "actors/runtime/node/node.hpp"
#include "actors/runtime/placement/cluster_router.hpp"
#include "actors/runtime/placement/directory.hpp"
#include "actors/runtime/placement/local_router.hpp"
#include "actors/runtime/pushes/couriers.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <condition_variable>
#include <mutex>

namespace nova::runtime {

struct node::impl {
  impl(node_options options, rpc::push_sink& sink);

  void sample_depths();
  std::vector<child_spec> tree();
  child_spec domain_child(domain_seats& d);
  child_spec couriers_child();
  void note_seen(const uuid& account, unix_ms at);
  supervision policy(std::string_view metrics_class);
  /// Waits until the condition holds or the deadline passes. A simulation does its steps instead of waiting.
  bool wait(std::function<bool()> until, std::chrono::steady_clock::time_point deadline);
  void silence();
  void give_up_waiting();
  /// Calls accepted and not answered, of all domains.
  std::int64_t under_way() const {
    std::int64_t sum = 0;
    for (const auto& d : directory.domains())
      for (const auto& part : d->link.parts) sum += part->under_way.load();
    return sum;
  }
  runtime::router& router() {
    if (cluster) return *cluster;
    return local;
  }

  const node_options options;
  runtime::services services;
  runtime::couriers couriers;
  runtime::directory directory;
  local_router local;
  std::unique_ptr<cluster_router> cluster;
  rpc::push_sink& sink;
  actor_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::actor root;
  std::function<void()> pump;  ///< simulations: runs all steps that are possible now
  std::mutex mutex;
  std::condition_variable changed;
  bool connected = false;
  bool started = false;
  bool root_ended = false;
  bool stopped = false;
};

}  // namespace nova::runtime
