// The score of the crash test on itself: each planted fault must make a run red by the checker's words, and the same binary
// without a fault must stay green. A strike may come at a moment when a fault does no harm: a fault has up to three runs to
// show itself; the run without one has a single chance. `--only NAME`, `--times N --seed S` for more.
#include "protocols/core/planted.hpp"
#include "tests/crash/crash_run.hpp"
#include "tests/support/server_process.hpp"

#include <CLI/CLI.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <set>

using namespace nova;
using namespace nova::crash;

namespace {

constexpr std::uint64_t runs_per_fault = 3;

/// The others need an actor's fall, a hung fsync, a refused account or several nodes: simulation_planted_test, planted_lane_pgtest
/// and registration_pgtest show them.
bool struck(planted_fault f) {
  return f != planted_fault::fall_forgets_pushes && f != planted_fault::number_given_up &&
         f != planted_fault::saga_compensation_lost && f != planted_fault::saga_step_twice &&
         f < planted_fault::call_twice;
}

/// Same load and strikes for all, so that only the fault differs; a take-over where the fence is the matter, and in the run
/// without a fault. Faults of one strike have that strike only.
run_options options_for(std::optional<planted_fault> f, std::uint64_t seed,
                        const std::string& fresh) {
  run_options o{.seed = seed,
                .plan = {strike::herd, strike::stall_and_kill, strike::kill_nova},
                .people = 40,
                .groups = 6};
  o.binary = NOVA_PLANTED_PATH;
  o.least_sends = 300;
  o.more_sends = 100;
  o.quiet = true;
  o.copy_of = fresh;
  o.stop = !f;
  if (!f || *f == planted_fault::fence_removed) o.plan.push_back(strike::take_over);
  if (f == planted_fault::lock_stops_all) o.plan = {strike::stranger_lock};
  if (f == planted_fault::standby_ignored) o.plan = {strike::standby_silent};
  if (!f) o.plan.insert(o.plan.end(), {strike::stranger_lock, strike::standby_silent});
  if (f) o.environment.emplace_back("NOVA_PLANTED_FAULT", std::string(name_of(*f)));
  if (f == planted_fault::
               offset_before_effect)  // the time between the two, so that a kill falls into it
    o.environment.emplace_back("NOVA_RUNTIME__INTAKE_BACKOFF_MS", "300");
  if (f == planted_fault::relay_deletes_early) {
    // A kill has to come between an event and its effect, which are a moment apart: many events, many kills; and
    // offsets that follow late, so that a reader asks again.
    o.environment.emplace_back("NOVA_RUNTIME__OFFSET_MS", "10000");
    o.relations = 50;
    o.plan.assign(6, strike::kill_nova);
  }
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
bool score(std::optional<planted_fault> f, std::uint64_t seed, const std::string& fresh) {
  const auto began = std::chrono::steady_clock::now();
  const auto report = run_crash(options_for(f, seed, fresh));
  const bool good = f ? !report.found.empty() : report.sound();
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf("%-7s %-26s %5.1f s  %s\n", good ? (f ? "caught" : "green") : (f ? "unseen" : "RED"),
              f ? std::string(name_of(*f)).c_str() : "(no fault)", took, words_of(report).c_str());
  std::fflush(stdout);
  return good;
}

/// A fault has several runs to show itself, nothing has one.
bool shown(std::optional<planted_fault> f, std::uint64_t seed, const std::string& fresh) {
  if (!f) return score(f, seed, fresh);
  for (std::uint64_t run = 0; run < runs_per_fault; ++run)
    if (score(f, seed + 1000 * run, fresh)) return true;
  return false;
}

struct totals {
  int caught = 0, tried = 0;
  bool green = true;
};

/// Each in a process of its own, several at once: a run mostly waits.
void run_all(const std::vector<std::optional<planted_fault>>& all, std::uint64_t seed,
             std::size_t jobs, const std::string& fresh, totals& sum) {
  std::map<pid_t, bool> running;  // whether a fault is planted
  const auto await_one = [&] {
    int status = 0;
    const auto ended = ::wait(&status);
    const bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (running.at(ended)) sum.caught += good;
    else sum.green &= good;
    running.erase(ended);
  };
  for (const auto& f : all) {
    if (running.size() == jobs) await_one();
    const auto child = ::fork();
    if (child == 0) std::_Exit(shown(f, seed, fresh) ? 0 : 1);
    running[child] = f.has_value();
    sum.tried += f.has_value();
  }
  while (!running.empty()) await_one();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Planted faults against the crash test."};
  std::string only;
  std::uint64_t seed = 0;
  int times = 1;
  std::size_t jobs = 3;
  app.add_option("--only", only, "one fault's name, or none");
  app.add_option("--seed", seed, "0: a new one");
  app.add_option("--times", times, "the whole table so often")->check(CLI::Range(1, 1000));
  app.add_option("--jobs", jobs, "runs at once")->check(CLI::Range(1, 64));
  CLI11_PARSE(app, argc, argv);
  if (seed == 0) seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  std::vector<std::optional<planted_fault>> all;
  if (only.empty() || only == "none") all.emplace_back();  // first: it is the longest
  for (std::size_t i = 0; i < planted_fault_count; ++i) {
    const auto f = static_cast<planted_fault>(i);
    if ((only.empty() && struck(f)) || only == name_of(f)) all.emplace_back(f);
  }
  // All begin with a copy of one new data folder: making one takes longer than a strike.
  client::server_process fresh({.binary = NOVA_PLANTED_PATH});
  if (!fresh.start() || fresh.stop(std::chrono::seconds(60)) != 0) {
    std::printf("a new data folder: %s\n", fresh.problem().c_str());
    return 1;
  }
  totals sum;
  for (int n = 0; n < times; ++n, ++seed) run_all(all, seed, jobs, fresh.data(), sum);
  std::printf("%d of %d planted faults caught, %s without a fault\n", sum.caught, sum.tried,
              sum.green ? "green" : "RED");
  return sum.caught == sum.tried && sum.green ? 0 : 1;
}
