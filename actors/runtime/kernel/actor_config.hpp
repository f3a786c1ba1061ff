// The CAF 0.17.6 settings that Nova needs, each for a measured reason (the traps are listed in
// README.md). Used by node.cpp.
#pragma once

#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <string_view>

namespace nova::runtime {

/// The number of scheduler threads: `wanted`, or if 0 the number of cores within the cgroup's CPU quota,
/// at least 2. CAF 0.17 ignores the quota.
std::uint32_t scheduler_threads(std::uint32_t wanted);
/// The CPUs of a cgroup v2 `cpu.max` line ("200000 100000" is 2), rounded up. 0 for "max" or
/// invalid text.
std::uint32_t quota_of(std::string_view cpu_max);

class actor_config final : public caf::actor_system_config {
 public:
  /// CAF's default policy starves actors (tests/runtime/scheduler_test.cpp), so Nova uses one shared
  /// run queue. `simulated` selects the test coordinator without threads.
  actor_config(std::uint32_t threads, bool simulated);
};

}  // namespace nova::runtime
