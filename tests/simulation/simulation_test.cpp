// Runs seeds of the simulated cluster and says which are not sound. `--seeds N --first S --processes P`; `--seed S` replays
// one with its plan; `--replays N` runs that many of the seeds twice, in processes of their own, and compares the traces.
// `--lanes N`: commit lanes of each database; without it, seeds take turns with one lane and with three. `--linked`: several nodes
// that are one Nova.
#include "tests/simulation/run.hpp"

#include <CLI/CLI.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <cstdio>

using namespace nova::simulation;

namespace {

struct totals {
  std::uint64_t seeds = 0, failed = 0, steps = 0, sends = 0, resent = 0, deliveries = 0,
                resumes = 0, gaps = 0, closed_slow = 0, virtual_ms = 0;

  void add(const verdict& v) {
    ++seeds;
    failed += !v.violations.empty();
    steps += v.steps;
    sends += v.sends;
    resent += v.resent;
    deliveries += v.deliveries;
    resumes += v.resumes;
    gaps += v.gaps;
    closed_slow += v.closed_slow;
    virtual_ms += static_cast<std::uint64_t>(v.virtual_ms);
  }
  void add(const totals& t) {
    seeds += t.seeds, failed += t.failed, steps += t.steps, sends += t.sends, resent += t.resent;
    deliveries += t.deliveries, resumes += t.resumes, gaps += t.gaps, closed_slow += t.closed_slow;
    virtual_ms += t.virtual_ms;
  }
};

std::uint32_t chosen_lanes = 0;  ///< 0: by the seed
bool linked = false;

verdict run(std::uint64_t seed) {
  run_shape shape;
  shape.lanes = chosen_lanes != 0 ? chosen_lanes : seed % 2 != 0 ? 1 : 3;
  shape.linked = linked;
  return run_seed(seed, shape);
}

void print(const verdict& v, bool all) {
  std::printf(
      "seed %llu: %s, trace %016llx, %llu steps, %lld virtual ms, %llu sends, %llu deliveries\n",
      static_cast<unsigned long long>(v.seed), v.violations.empty() ? "sound" : "NOT SOUND",
      static_cast<unsigned long long>(v.trace), static_cast<unsigned long long>(v.steps),
      static_cast<long long>(v.virtual_ms), static_cast<unsigned long long>(v.sends),
      static_cast<unsigned long long>(v.deliveries));
  for (const auto& line : v.plan) std::printf("  %s\n", line.c_str());
  const std::size_t shown = all ? 100 : 5;
  for (std::size_t i = 0; i < v.violations.size() && i < shown; ++i)
    std::printf("  ! %s\n", v.violations[i].c_str());
  if (v.violations.size() > shown) std::printf("  ! and %zu more\n", v.violations.size() - shown);
  if (all)
    for (const auto& line : v.log) std::printf("  log %s\n", line.c_str());
  std::fflush(stdout);
}

/// The seeds whose number leaves `part` when divided by `parts`, in a process of its own; its totals come through the pipe.
int run_part(std::uint64_t first, std::uint64_t seeds, std::uint64_t part, std::uint64_t parts) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  if (fork() != 0) {
    close(ends[1]);
    return ends[0];
  }
  close(ends[0]);
  totals t;
  for (auto s = first; s < first + seeds; ++s) {
    if (s % parts != part) continue;
    const auto v = run(s);
    t.add(v);
    if (!v.violations.empty()) print(v, false);
  }
  const bool told = write(ends[1], &t, sizeof t) == sizeof t;
  std::_Exit(told ? 0 : 1);
}

/// The trace of a seed as a process of its own finds it; 0 when that ended badly.
std::uint64_t trace_elsewhere(std::uint64_t seed) {
  int ends[2];
  if (pipe(ends) != 0) return 0;
  if (fork() == 0) {
    const auto trace = run(seed).trace;
    const bool told = write(ends[1], &trace, sizeof trace) == sizeof trace;
    std::_Exit(told ? 0 : 1);
  }
  close(ends[1]);
  std::uint64_t trace = 0;
  if (read(ends[0], &trace, sizeof trace) != sizeof trace) trace = 0;
  close(ends[0]);
  wait(nullptr);
  return trace;
}

bool compare_replays(std::uint64_t first, std::uint64_t count) {
  bool equal = true;
  for (auto s = first; s < first + count; ++s) {
    const auto a = trace_elsewhere(s), b = trace_elsewhere(s);
    if (a != 0 && a == b) continue;
    equal = false;
    std::printf("seed %llu does not replay: %016llx and %016llx\n",
                static_cast<unsigned long long>(s), static_cast<unsigned long long>(a),
                static_cast<unsigned long long>(b));
  }
  std::printf("%llu seeds replayed in other processes: %s\n",
              static_cast<unsigned long long>(count), equal ? "equal traces" : "DIFFERENT TRACES");
  std::fflush(stdout);
  return equal;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Seeds of a simulated cluster."};
  std::uint64_t one = 0, first = 1, seeds = 500, processes = 2, replays = 3;
  app.add_option("--seed", one, "replay this one and print its plan");
  app.add_option("--first", first, "the first seed");
  app.add_option("--seeds", seeds, "how many");
  app.add_option("--processes", processes, "run at once")->check(CLI::Range(1, 64));
  app.add_option("--replays", replays, "seeds that are run twice");
  app.add_option("--lanes", chosen_lanes, "commit lanes of each database; 0: 1 and 3 in turn")
      ->check(CLI::Range(0, 8));
  app.add_flag("--linked", linked, "nodes that are one Nova, with links between them");
  CLI11_PARSE(app, argc, argv);
  if (one != 0) {
    const auto v = run(one);
    print(v, true);
    return v.violations.empty() ? 0 : 1;
  }
  const auto began = std::chrono::steady_clock::now();
  std::vector<int> parts;
  for (std::uint64_t p = 0; p < processes; ++p)
    parts.push_back(run_part(first, seeds, p, processes));
  totals all;
  bool whole = true;
  for (auto fd : parts) {
    totals t;
    const bool read_all = fd >= 0 && read(fd, &t, sizeof t) == sizeof t;
    whole &= read_all;
    if (read_all) all.add(t);
    if (fd >= 0) close(fd);
    wait(nullptr);
  }
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf(
      "%llu seeds in %.1f s: %.1f seeds/s, %.0f k steps/s, %.0f virtual s; %llu sends (%llu "
      "repeated), %llu "
      "deliveries, %llu resumes, %llu gaps, %llu closed as too slow; %llu not sound\n",
      static_cast<unsigned long long>(all.seeds), took, static_cast<double>(all.seeds) / took,
      static_cast<double>(all.steps) / took / 1000, static_cast<double>(all.virtual_ms) / 1000,
      static_cast<unsigned long long>(all.sends), static_cast<unsigned long long>(all.resent),
      static_cast<unsigned long long>(all.deliveries), static_cast<unsigned long long>(all.resumes),
      static_cast<unsigned long long>(all.gaps), static_cast<unsigned long long>(all.closed_slow),
      static_cast<unsigned long long>(all.failed));
  if (!whole) std::printf("a process ended before its seeds were done\n");
  std::fflush(stdout);
  const bool replayed = compare_replays(first, replays);
  return whole && replayed && all.failed == 0 && all.seeds == seeds ? 0 : 1;
}
