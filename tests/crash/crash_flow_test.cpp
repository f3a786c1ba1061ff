// Strikes Nova under load, again and again, and has a checker say what is missing, double, out of order or invented.
// `--rounds N --seed S`; a failed run prints its seed; `--data DIR` keeps what is on disk.
#include "tests/crash/crash_run.hpp"
#include "tests/crash/private_disk.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <random>

using namespace nova::crash;

namespace {

constexpr std::size_t disk_mb = 448;  // PostgreSQL's first files, its WAL and room for the load

/// Each kind once, in this order; then by chance.
std::vector<strike> plan(std::size_t rounds, std::uint64_t seed) {
  std::vector<strike> out = {
      strike::kill_nova, strike::take_over,      strike::stop_postgres,  strike::stranger_lock,
      strike::backup,    strike::slow_consumers, strike::standby_silent, strike::stall_and_kill,
      strike::herd,      strike::stall_postgres, strike::kill_both,      strike::kill_nova_twice};
  std::mt19937_64 random(seed);
  while (out.size() < rounds) {
    const auto next = static_cast<strike>(random() % strike_kinds);
    out.push_back(next == strike::disk_full ? strike::kill_nova : next);
  }
  out.resize(rounds);
  return out;
}

unsigned long long wide(auto n) { return static_cast<unsigned long long>(n); }

bool tell(const run_report& r) {
  print(r);
  std::printf(
      "slowest recovery %lld ms (%s), slowest answer %lld ms, slowest answer that says to come "
      "back %lld ms\n",
      r.slowest_recovery_ms, std::string(name_of(r.slowest_strike)).c_str(),
      static_cast<long long>(r.counts.slowest_answer_ms),
      static_cast<long long>(r.counts.slowest_refusal_ms));
  for (const auto& [kind, n] : r.strikes)
    std::printf("%d x %s\n", n, std::string(name_of(kind)).c_str());
  std::fflush(stdout);
  return r.sound();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Load and faults, then a checker."};
  run_options options;
  std::size_t rounds = 6;
  std::string disk_missing;
  bool disk = true;
  std::uint64_t seed = 0;
  app.add_option("--rounds", rounds, "faults, one after the other")->check(CLI::Range(1, 10'000));
  app.add_option("--seed", seed, "0: a new one");
  app.add_option("--data", options.data,
                 "data folder to use and to keep; without it one of its own, removed");
  app.add_option("--people", options.people,
                 "accounts that send; two devices each, every fourth three")
      ->check(CLI::Range(40, 5000));
  app.add_option("--relations", options.relations, "follows, of a hundred operations")
      ->check(CLI::Range(0, 100));
  std::size_t pause_ms = 90;
  app.add_option("--pause-ms", pause_ms, "between two operations of a device, at most");
  app.add_option("--least-events", options.least_events,
                 "the long form for events: 200000 with --relations 60 --pause-ms 20 --rounds 20");
  app.add_flag("--disk,!--no-disk", disk, "a second, short run on a disk that becomes full");
  CLI11_PARSE(app, argc, argv);
  const bool may_mount = !disk || private_disk::enter_namespace(disk_missing);
  options.pause = std::chrono::milliseconds(pause_ms);
  options.seed = seed != 0 ? seed : std::random_device{}();
  options.plan = plan(rounds, options.seed);
  options.poison = true;
  std::printf("seed %llu, %zu rounds\n", wide(options.seed), rounds);
  std::fflush(stdout);
  bool sound = tell(run_crash(options));
  if (disk && !may_mount)
    std::printf("skipped: a full disk, as no small disk can be mounted here (%s)\n",
                disk_missing.c_str());
  if (disk && may_mount && sound) {
    options.plan = {strike::disk_full, strike::kill_nova};
    options.data.clear();
    options.disk_mb = disk_mb;
    options.poison = false;
    sound = tell(run_crash(options));
  }
  std::printf("%s (seed %llu)\n", sound ? "SOUND" : "NOT SOUND", wide(options.seed));
  return sound ? 0 : 1;
}
