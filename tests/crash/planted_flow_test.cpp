// The score of the crash test on itself: each planted fault must make a run red by the checker's words, and the same binary
// without a fault must stay green. A strike may come at a moment when a fault does no harm: a fault has up to three runs to
// show itself; the run without one has a single chance. `--only NAME`, `--times N --seed S` for more.
#include "protocols/core/planted.hpp"
#include "tests/crash/crash_run.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <set>

using namespace nova;
using namespace nova::crash;

namespace {

constexpr std::uint64_t runs_per_fault = 3;

/// The others need an actor's fall or a hung fsync: simulation_planted_test and planted_lane_pgtest show them.
bool struck(planted_fault f) {
  return f != planted_fault::fall_forgets_pushes && f != planted_fault::number_given_up;
}

/// Same load and strikes for all, so that only the fault differs; a take-over where the fence is the matter, and in the run
/// without a fault. Faults of one strike have that strike only.
run_options options_for(std::optional<planted_fault> f, std::uint64_t seed) {
  run_options o{.seed = seed,
                .plan = {strike::herd, strike::stall_and_kill, strike::kill_nova},
                .people = 40,
                .groups = 6};
  o.binary = NOVA_PLANTED_PATH;
  o.least_sends = 300;
  o.more_sends = 100;
  o.quiet = true;
  if (!f || *f == planted_fault::fence_removed) o.plan.push_back(strike::take_over);
  if (f == planted_fault::lock_stops_all) o.plan = {strike::stranger_lock};
  if (f == planted_fault::standby_ignored) o.plan = {strike::standby_silent};
  if (!f) o.plan.insert(o.plan.end(), {strike::stranger_lock, strike::standby_silent});
  if (f) o.environment.emplace_back("NOVA_PLANTED_FAULT", std::string(name_of(*f)));
  if (f == planted_fault::
               offset_before_effect)  // the time between the two, so that a kill falls into it
    o.environment.emplace_back("NOVA_RUNTIME__INTAKE_BACKOFF_MS", "300");
  if (f == planted_fault::
               relay_deletes_early)  // offsets follow late, so that a kill makes a reader ask again
    o.environment.emplace_back("NOVA_RUNTIME__OFFSET_MS", "10000");
  if (f == planted_fault::
               passivate_pending)  // its callers are refused, which setting up does not expect
    o.environment.emplace_back("NOVA_PLANTED_AFTER", "400");
  return o;
}

/// "lost 12, hole 3: the first of them in words".
std::string words_of(const run_report& r) {
  std::map<std::string, int> kinds;
  for (const auto& v : r.found) ++kinds[std::string(name_of(v.what))];
  std::string out;
  for (const auto& [kind, n] : kinds)
    out += (out.empty() ? "" : ", ") + kind + " " + std::to_string(n);
  if (!r.found.empty()) out += ": " + r.found.front().detail;
  if (!r.failed.empty())
    out +=
        (out.empty() ? "the run failed: " : "; then the run failed: ") + r.failed.substr(0, 2000);
  return out.empty() ? "nothing" : out;
}

/// Whether the run ended as it has to.
bool score(std::optional<planted_fault> f, std::uint64_t seed) {
  const auto began = std::chrono::steady_clock::now();
  const auto report = run_crash(options_for(f, seed));
  const bool good = f ? !report.found.empty() : report.sound();
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf("%-7s %-26s %5.1f s  %s\n", good ? (f ? "caught" : "green") : (f ? "unseen" : "RED"),
              f ? std::string(name_of(*f)).c_str() : "(no fault)", took, words_of(report).c_str());
  std::fflush(stdout);
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Planted faults against the crash test."};
  std::string only;
  std::uint64_t seed = 0;
  int times = 1;
  app.add_option("--only", only, "one fault's name, or none");
  app.add_option("--seed", seed, "0: a new one");
  app.add_option("--times", times, "the whole table so often")->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  if (seed == 0) seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  int caught = 0, tried = 0;
  bool green = true;
  for (int n = 0; n < times; ++n, ++seed) {
    if (only.empty() || only == "none") green &= score({}, seed);
    for (std::size_t i = 0; i < planted_fault_count; ++i) {
      const auto f = static_cast<planted_fault>(i);
      if ((!only.empty() && only != name_of(f)) || !struck(f)) continue;
      ++tried;
      bool found = false;
      for (std::uint64_t run = 0; run < runs_per_fault && !found; ++run)
        found = score(f, seed + 1000 * run);
      caught += found;
    }
  }
  std::printf("%d of %d planted faults caught, %s without a fault\n", caught, tried,
              green ? "green" : "RED");
  return caught == tried && green ? 0 : 1;
}
