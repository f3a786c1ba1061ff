// The common services of a node: clocks, randomness, settings, metrics, crash log, job pool, timers,
// and the counters of work under way. They know no domain and no actor. Used by every actor.
#pragma once

#include "actors/runtime/kernel/crash_log.hpp"
#include "actors/runtime/kernel/job_pool.hpp"
#include "actors/runtime/kernel/metrics.hpp"
#include "actors/runtime/kernel/timers.hpp"
#include "config/settings/runtime_settings.hpp"
#include "protocols/core/error.hpp"
#include "protocols/core/ids.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

namespace nova::runtime {

class services {
 public:
  /// `simulated`: jobs run inline, without threads. Clock and randomness must outlive the services.
  services(const config::runtime_settings& s, const wall_clock& wall, random_source& random,
           bool simulated);

  const config::runtime_settings& settings() const noexcept { return settings_; }
  unix_ms wall() const { return wall_.now(); }
  /// `base` ± 50 %, from the injected randomness.
  std::chrono::milliseconds jitter(std::chrono::milliseconds base);
  /// Names one life of an entity or reader in this process. Its units in the lane depend on each
  /// other. Units of different lives are never mixed up.
  std::uint64_t next_activation() { return ++last_activation_; }

  /// The monotonic clock; set by the node before the first actor starts.
  std::function<steady_time()> now;
  /// False for the number of an event that this program does not know. Set by the node.
  std::function<bool(std::uint32_t)> knows_event = [](std::uint32_t) { return true; };
  random_source& random;
  runtime::metrics metrics;
  crash_log crashes;
  job_pool jobs;
  runtime::timers timers;
  std::atomic<bool> stopping{false};         ///< new calls are refused
  std::atomic<std::int64_t> uncommitted{0};  ///< units in a lane without an outcome
  // The budget of max_node_entity_bytes and the shards that share it.
  std::atomic<std::int64_t> entity_bytes{0};
  std::atomic<std::uint32_t> open_shards{0};

 private:
  const config::runtime_settings settings_;
  const wall_clock& wall_;
  std::atomic<std::uint64_t> last_activation_{0};
};

/// The error for a caller when this node cannot serve now.
inline error unavailable(std::uint32_t retry_after_ms) {
  return make_error(errc::unavailable, {}, retry_after_ms);
}

}  // namespace nova::runtime
