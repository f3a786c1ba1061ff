// See actor_config.hpp.
#include "actors/runtime/kernel/actor_config.hpp"

#include "actors/runtime/kernel/shared_run_queue.hpp"

#include <caf/atom.hpp>
#include <caf/detail/get_root_uuid.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <thread>

namespace caf::detail {

// CAF 0.17 makes a node's id from the machine and the process number, which collide in containers
// and repeat after a restart; this replaces the library's function when the program is linked.
std::string get_root_uuid() {
  std::ifstream file("/proc/sys/kernel/random/uuid");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace caf::detail

namespace nova::runtime {

std::uint32_t quota_of(std::string_view cpu_max) {
  std::uint64_t quota = 0, period = 0;
  const auto* end = cpu_max.data() + cpu_max.size();
  auto [after, bad] = std::from_chars(cpu_max.data(), end, quota);
  if (bad != std::errc{} || after == end) return 0;
  if (std::from_chars(after + 1, end, period).ec != std::errc{} || period == 0) return 0;
  return static_cast<std::uint32_t>((quota + period - 1) / period);
}

std::uint32_t scheduler_threads(std::uint32_t wanted) {
  if (wanted != 0) return wanted;
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string line;
  std::getline(file, line);
  auto threads = std::max(1u, std::thread::hardware_concurrency());
  if (const auto quota = quota_of(line); quota != 0) threads = std::min(threads, quota);
  return std::max(2u, threads);
}

actor_config::actor_config(std::uint32_t threads, bool simulated) {
  if (simulated) set("scheduler.policy", caf::atom("testing"));
  else load<caf::scheduler::coordinator<shared_run_queue>>();
  set("scheduler.max-threads", static_cast<std::size_t>(threads));
  set("scheduler.max-throughput", static_cast<std::size_t>(200));
  set("logger.verbosity", caf::atom("quiet"));
}

}  // namespace nova::runtime
