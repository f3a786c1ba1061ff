// A supervisor: a table of children and what to do when one ends (Erlang/OTP's model). Started by
// node.cpp, one for the node, one per domain, one for the couriers; includes CAF.
#pragma once

#include "actors/runtime/kernel/crash_log.hpp"
#include "actors/runtime/kernel/metrics.hpp"

#include <caf/actor.hpp>
#include <caf/behavior.hpp>
#include <caf/fwd.hpp>
#include <caf/stateful_actor.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace nova::runtime {

enum class strategy : std::uint8_t {
  one_for_one,   ///< only the child that ended is restarted
  one_for_all,   ///< all are stopped in reverse order, then all start again
  rest_for_one,  ///< the child and those started after it
};

enum class restart : std::uint8_t {
  permanent,  ///< always restarted
  transient,  ///< restarted when it did not end normally
  temporary,  ///< never restarted
};

struct child_spec {
  std::string id;
  std::function<caf::actor(caf::event_based_actor* parent)> start;
  restart when = restart::permanent;
  std::chrono::milliseconds grace{2000};  ///< between the request to stop and the kill
  /// The message it was handling when it ended, for the crash report; may be empty.
  std::function<std::string()> last_message = {};
  /// What it threw; may be empty.
  std::function<std::string()> last_error = {};
};

struct supervision {
  runtime::strategy strategy = runtime::strategy::one_for_one;
  std::uint32_t intensity = 5;  ///< restarts within `period`; one more ends the supervisor
  std::chrono::milliseconds period{30'000};
  /// The n-th restart within the period waits backoff × 4^(n-2) (the first none), at most
  /// max_backoff, ± half at random.
  std::chrono::milliseconds backoff{100};
  std::chrono::milliseconds max_backoff{5000};
  random_source* random = &system_random();
  crash_log* crashes = nullptr;
  class_metrics* counters = nullptr;
  /// Called when it ends: true after an ordered stop, false after it gave up.
  std::function<void(bool ordered, std::string why)> ended = {};
};

struct supervisor_state;
using supervisor_actor = caf::stateful_actor<supervisor_state>;

caf::actor spawn_supervisor(caf::actor_system& system, supervision how,
                            std::vector<child_spec> children);
/// As a child of another supervisor.
caf::actor spawn_supervisor(caf::event_based_actor* parent, supervision how,
                            std::vector<child_spec> children);

}  // namespace nova::runtime
