// Three Nova nodes on hosts of their own are harmed under load: killed, frozen, cut off; their network is bad, their database stops.
// ctest runs a short plan; `--faults N`, and `tests/run --nemesis`, the long form. A failed run prints its seed.
#include "protocols/core/planted.hpp"
#include "tests/nemesis/host.hpp"
#include "tests/nemesis/report.hpp"
#include "tests/nemesis/report_page.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>
#include <cstdio>
#include <fstream>
#include <random>

using namespace nova::nemesis;

namespace {

constexpr int skipped = 77;

/// One of each family.
const std::vector<harm> short_plan = {harm::cut_off,     harm::kill_node,     harm::move_domains,
                                      harm::cut_one_way, harm::stop_database, harm::drain_node};

/// All nodes, one of them back, and that one again.
const std::vector<harm> rolling_plan = {harm::upgrade_node, harm::upgrade_node, harm::upgrade_node,
                                        harm::roll_back_node, harm::upgrade_node};

/// Every kind once, then by chance; at the end in any order.
std::vector<harm> long_plan(std::size_t faults, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<harm> out;
  out.reserve(faults);
  for (std::size_t i = 0; i < faults; ++i)
    out.push_back(static_cast<harm>(i < harms ? i : random() % harms));
  for (auto i = out.size(); i > 1; --i) std::swap(out[i - 1], out[random() % i]);
  return out;
}

/// Says how it went; the exit status.
int verdict(const nemesis_options& options, const nemesis_report& report) {
  const bool good = passed(report);
  print(report);
  std::printf("%s", text_of(report).c_str());
  if (!report.sound()) std::printf("%s\n", report.logs.c_str());
  std::printf("%s (seed %llu)\n",
              !report.sound() ? "NOT SOUND"
              : good          ? "SOUND"
                              : "SOUND, BUT A GOAL IS MISSED",
              static_cast<unsigned long long>(options.seed));
  if (options.planted.empty()) return good ? 0 : 1;
  const bool caught = !report.found.empty();
  std::printf("%s: planted %s\n", caught ? "CAUGHT" : "UNSEEN", options.planted.c_str());
  return caught ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Three nodes, a network that fails, load, and a checker."};
  nemesis_options options;
  std::size_t faults = 0;
  std::vector<std::string> only;
  std::string json_file, page_file;
  std::uint64_t seed = 0;
  bool quiet = false;
  app.add_option("--faults", faults, "so many, of all kinds; without it a short plan");
  app.add_option("--only", only, "these faults, in this order");
  app.add_flag("--quiet", quiet, "load without faults");
  app.add_option("--seed", seed, "0: a new one");
  app.add_option("--people", options.people,
                 "accounts that send; two devices each, every fourth three")
      ->check(CLI::Range(40, 5000));
  std::size_t pause_ms = 300;
  app.add_option("--pause-ms", pause_ms, "between two operations of a device, at most");
  app.add_option("--data", options.folder,
                 "folder to use and to keep: the nodes' logs, the database");
  app.add_option("--planted", options.planted,
                 "a fault of protocols/core/planted.hpp that the nodes have: the run must find it");
  app.add_option("--upgrade-from", options.previous,
                 "program of the previous release, which all nodes begin with: they are replaced")
      ->check(CLI::ExistingFile);
  app.add_option("--json", json_file, "the report, for programs");
  app.add_option("--page", page_file,
                 "the report, for a browser: the load and the faults over time");
  CLI11_PARSE(app, argc, argv);
  if (!options.planted.empty()) {
    options.binary = NOVA_PLANTED_PATH;
    if (!nova::parse_planted_fault(options.planted) || ::access(NOVA_PLANTED_PATH, X_OK) != 0) {
      std::fprintf(stderr, "there is no planted fault %s, or nova-planted is not built\n",
                   options.planted.c_str());
      return 2;
    }
  }
  options.seed = seed != 0 ? seed : std::random_device{}();
  options.pause = std::chrono::milliseconds(pause_ms);
  options.plan = faults != 0 ? long_plan(faults, options.seed) : short_plan;
  if (!options.previous.empty()) options.plan = rolling_plan;
  if (quiet || !only.empty()) options.plan.clear();
  for (const auto& name : only) {
    const auto h = harm_named(name);
    if (!h) {
      std::fprintf(stderr, "there is no fault %s\n", name.c_str());
      return 2;
    }
    options.plan.push_back(*h);
  }
  if (const auto missing = host::enter(); !missing.empty()) {
    std::printf("skipped: no hosts can be made here: %s\n", missing.c_str());
    return skipped;
  }
  const auto shown = static_cast<unsigned long long>(options.seed);
  std::printf("seed %llu, %zu faults\n", shown, options.plan.size());
  std::fflush(stdout);
  const auto report = run_nemesis(options);
  if (!json_file.empty()) std::ofstream(json_file) << json_of(report) << '\n';
  if (!page_file.empty()) std::ofstream(page_file) << page_of(report);
  return verdict(options, report);
}
