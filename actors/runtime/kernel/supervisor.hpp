// A supervisor: a table of children and the action when one ends (Erlang/OTP's model). Started by
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
  one_for_all,   ///< all children are stopped in reverse order, then all start again
  rest_for_one,  ///< only the child that ended and those started after it
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
  std::chrono::milliseconds grace{2000};  ///< time between the request to stop and the kill
  /// The message that the child handled when it ended, for the crash report; may be empty.
  std::function<std::string()> last_message = {};
  /// The exception that the child threw; may be empty.
  std::function<std::string()> last_error = {};
};

struct supervision {
  runtime::strategy strategy = runtime::strategy::one_for_one;
  std::uint32_t intensity = 5;  ///< restarts within `period`; one more ends the supervisor
  std::chrono::milliseconds period{30'000};
  /// The first restart within the period waits 0 ms, the n-th backoff × 4^(n-2), at most
  /// max_backoff; the wait varies by ± 50 % at random.
  std::chrono::milliseconds backoff{100};
  std::chrono::milliseconds max_backoff{5000};
  random_source* random = &system_random();
  crash_log* crashes = nullptr;
  class_metrics* counters = nullptr;
  /// Called when the supervisor ends: true after an ordered stop, false after it gave up.
  std::function<void(bool ordered, std::string why)> ended = {};
};

struct supervisor_state;
using supervisor_actor = caf::stateful_actor<supervisor_state>;

caf::actor spawn_supervisor(caf::actor_system& system, supervision how,
                            std::vector<child_spec> children);
/// Spawns the supervisor as a child of another supervisor.
caf::actor spawn_supervisor(caf::event_based_actor* parent, supervision how,
                            std::vector<child_spec> children);

}  // namespace nova::runtime
