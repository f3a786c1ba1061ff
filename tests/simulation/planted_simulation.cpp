// Plants each fault of protocols/core/planted.hpp in turn and looks for the first seed that shows it. Prints fault, seed and what
// the checker said; fails when one is not found (`--least`: fewer may do), or when a seed is not sound without a fault.
#include "protocols/core/planted.hpp"
#include "tests/simulation/run.hpp"

#include <CLI/CLI.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <optional>

using namespace nova;
using nova::simulation::run_seed;

namespace {

struct search {
  std::uint64_t seeds = 500;
  std::uint64_t processes = 2;
  std::uint64_t sound = 20;       ///< seeds that must be sound with no fault planted
  std::optional<int> least = {};  ///< empty: all must be found
};

/// Faults of the lane on libpq, and of sagas: tests/crash, planted_lane_pgtest and registration_pgtest show them.
bool simulated(planted_fault f) {
  return f != planted_fault::lock_stops_all && f != planted_fault::number_given_up &&
         f != planted_fault::standby_ignored && f != planted_fault::saga_compensation_lost &&
         f != planted_fault::saga_step_twice;
}

/// Faults of nodes with links.
bool linked(planted_fault f) { return f >= planted_fault::call_twice; }

bool find(planted_fault f, std::uint64_t seeds) {
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t s = 1; s <= seeds; ++s) {
    plant(f);
    const auto v = run_seed(s, {.linked = linked(f)});
    if (v.violations.empty()) continue;
    const auto took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::printf("%-26s seed %3llu (%4.1f s)  %s\n", std::string(name_of(f)).c_str(),
                static_cast<unsigned long long>(s), took, v.violations.front().c_str());
    std::fflush(stdout);
    return true;
  }
  std::printf("%-26s not in %llu seeds\n", std::string(name_of(f)).c_str(),
              static_cast<unsigned long long>(seeds));
  std::fflush(stdout);
  return false;
}

/// A process's share of the faults: how many it found; a share of the sound seeds comes first. 255: one was not sound.
int run_share(const search& how, std::uint64_t part) {
  for (auto s = 1 + part; s <= how.sound; s += how.processes) {
    for (const bool links : {false, true}) {
      plant(std::nullopt);
      const auto v = run_seed(s, {.linked = links});
      if (v.violations.empty()) continue;
      std::printf("nothing planted: seed %llu%s is not sound: %s\n",
                  static_cast<unsigned long long>(s), links ? " with links" : "",
                  v.violations.front().c_str());
      std::fflush(stdout);
      return 255;
    }
  }
  int found = 0;
  for (auto f = part; f < planted_fault_count; f += how.processes)
    if (simulated(static_cast<planted_fault>(f)))
      found += find(static_cast<planted_fault>(f), how.seeds);
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Which seeds of the simulation show which planted fault."};
  search how;
  std::string only;
  app.add_option("--seeds", how.seeds, "tried for each fault");
  app.add_option("--processes", how.processes, "run at once")->check(CLI::Range(1, 10));
  app.add_option("--least", how.least, "so many faults must be found; else all");
  app.add_option("--fault", only, "this one alone");
  CLI11_PARSE(app, argc, argv);
  if (!only.empty()) {
    const auto f = parse_planted_fault(only);
    return f && find(*f, how.seeds) ? 0 : 1;
  }
  for (std::uint64_t p = 0; p < how.processes; ++p)
    if (fork() == 0) std::_Exit(run_share(how, p));
  int found = 0;
  bool sound = true;
  for (std::uint64_t p = 0; p < how.processes; ++p) {
    int status = 0;
    wait(&status);
    const bool ended = WIFEXITED(status) && WEXITSTATUS(status) != 255;
    sound &= ended;
    if (ended) found += WEXITSTATUS(status);
  }
  int shown = 0;
  for (std::size_t f = 0; f < planted_fault_count; ++f)
    shown += simulated(static_cast<planted_fault>(f));
  std::printf("%d of %d planted faults found within %llu seeds\n", found, shown,
              static_cast<unsigned long long>(how.seeds));
  return sound && found >= how.least.value_or(shown) ? 0 : 1;
}
