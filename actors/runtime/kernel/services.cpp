#include "actors/runtime/kernel/services.hpp"

#include <algorithm>

namespace nova::runtime {

services::services(const config::runtime_settings& s, const wall_clock& wall, random_source& r,
                   bool simulated)
    : random(r),
      crashes(s.poison_after),
      jobs(simulated ? 0 : std::max<std::uint32_t>(1, s.job_threads), s.max_queued_jobs,
           s.overload_retry_ms),
      timers(now),
      settings_(s),
      wall_(wall) {}

std::chrono::milliseconds services::jitter(std::chrono::milliseconds base) {
  const auto half = static_cast<std::uint64_t>(base.count()) / 2;
  return std::chrono::milliseconds(base.count() - half + random.next_u64() % (2 * half + 1));
}

}  // namespace nova::runtime
