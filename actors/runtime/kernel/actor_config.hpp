// The settings of CAF 0.17.6 that Nova needs, each for a measured reason (the traps are listed in
// README.md). Used by node.cpp.
#pragma once

#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <string_view>

namespace nova::runtime {

/// Threads to schedule on: `wanted`, or when 0 what the cgroup's CPU quota allows, at least 2. CAF
/// 0.17 does not look at the quota.
std::uint32_t scheduler_threads(std::uint32_t wanted);
/// The CPUs of a cgroup v2 `cpu.max` line ("200000 100000" is 2), rounded up; 0 for "max" or
/// nonsense.
std::uint32_t quota_of(std::string_view cpu_max);

class actor_config final : public caf::actor_system_config {
 public:
  /// The default policy starves actors (tests/runtime/scheduler_test.cpp), so it is always one shared
  /// run queue; `simulated` takes the test coordinator without threads.
  actor_config(std::uint32_t threads, bool simulated);
};

}  // namespace nova::runtime
