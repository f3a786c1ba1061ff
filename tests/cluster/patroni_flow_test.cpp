// The crash test's load and checker while Patroni replaces the primary database server: killed, frozen, switched over on purpose.
// `--rounds N`: so many of each; a failed run prints its seed.
#include "tests/cluster/patroni.hpp"
#include "tests/crash/crash_run.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/slowdown.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace nova;
using crash::strike;

namespace {

constexpr int skipped = 77;
constexpr long long served_within_ms = 5'000 * test::slowdown;
constexpr strike kinds[] = {strike::primary_switched, strike::primary_frozen,
                            strike::primary_killed};

std::vector<strike> plan(std::size_t rounds, std::uint64_t seed) {
  std::vector<strike> out;
  for (std::size_t i = 0; i < rounds; ++i)
    out.insert(out.end(), std::begin(kinds), std::end(kinds));
  std::mt19937_64 random(seed);
  if (rounds > 1) std::shuffle(out.begin(), out.end(), random);
  return out;
}

/// Median and maximum, as text.
std::string spread(std::vector<long long> values) {
  std::sort(values.begin(), values.end());
  char text[64];
  std::snprintf(text, sizeof text, "%.1f s, at most %.1f s",
                static_cast<double>(values[values.size() / 2]) / 1000,
                static_cast<double>(values.back()) / 1000);
  return text;
}

bool judge(const crash::run_report& r) {
  bool fast = true;
  for (const auto kind : kinds) {
    std::vector<long long> gaps, served;
    for (const auto& s : r.switches) {
      if (s.how != kind) continue;
      gaps.push_back(s.write_gap_ms);
      served.push_back(s.served_ms);
    }
    if (gaps.empty()) continue;
    std::printf("%zu x %s: write gap %s; after the new primary's first commit 100 sends took %s\n",
                gaps.size(), std::string(name_of(kind)).c_str(), spread(gaps).c_str(),
                spread(served).c_str());
    fast = fast && *std::max_element(served.begin(), served.end()) <= served_within_ms;
  }
  const auto lost = r.count(crash::fault::lost), doubled = r.count(crash::fault::doubled);
  std::printf(
      "%zu messages, %llu sends acknowledged, %llu repeated, %zu lost, %zu doubled, %zu other "
      "faults\n",
      r.messages, static_cast<unsigned long long>(r.counts.acked_sends),
      static_cast<unsigned long long>(r.counts.resent), lost, doubled,
      r.found.size() - lost - doubled);
  for (std::size_t i = 0; i < r.found.size() && i < 40; ++i)
    std::printf("%s: %s\n", std::string(name_of(r.found[i].what)).c_str(),
                r.found[i].detail.c_str());
  if (!fast) std::printf("FAILED: not served within %lld ms\n", served_within_ms);
  if (!r.failed.empty()) std::printf("FAILED: %s\n", r.failed.c_str());
  return fast && r.sound();
}

bool doctor_accepts(const cluster::patroni& servers) {
  const auto command = client::default_binary() + " doctor --port 0 --config " +
                       servers.settings_file() + " > /dev/null";
  return std::system(command.c_str()) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Load while Patroni replaces the primary, then a checker."};
  std::size_t rounds = 1;
  crash::run_options options;
  cluster::patroni_options servers_options;
  std::uint64_t seed = 0;
  options.people = 40;
  options.pause = std::chrono::milliseconds(300);
  app.add_option("--rounds", rounds, "of each kind")->check(CLI::Range(1, 1'000));
  app.add_option("--seed", seed, "0: a new one");
  app.add_option("--data", options.data, "data folder of Nova, with its log, to use and to keep");
  app.add_option("--ttl", servers_options.ttl_s, "of Patroni, seconds")->check(CLI::Range(6, 60));
  CLI11_PARSE(app, argc, argv);
  if (const auto missing = cluster::patroni::missing(); !missing.empty()) {
    std::printf("skipped: not installed here: %s\n", missing.c_str());
    return skipped;
  }
  options.seed = seed != 0 ? seed : std::random_device{}();
  options.plan = plan(rounds, options.seed);
  std::printf("seed %llu, %zu rounds\n", static_cast<unsigned long long>(options.seed), rounds);
  std::fflush(stdout);

  cluster::patroni servers(servers_options);
  std::string why;
  if (!servers.start(why)) {
    std::printf("FAILED: %s\n", why.c_str());
    return 1;
  }
  if (!doctor_accepts(servers)) {
    std::printf("FAILED: nova doctor refuses the servers\n");
    return 1;
  }
  options.servers = &servers;
  const auto report = crash::run_crash(options);
  const bool sound = judge(report);
  if (!sound) std::printf("%s\n", servers.logs().c_str());
  std::printf("%s (seed %llu)\n", sound ? "SOUND" : "NOT SOUND",
              static_cast<unsigned long long>(options.seed));
  return sound ? 0 : 1;
}
