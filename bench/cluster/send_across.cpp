// The scenario `send-across`. See cluster_scenarios.hpp.
#include "bench/cluster/cluster_scenarios.hpp"
#include "bench/messaging/nova_chat.hpp"
#include "bench/messaging/pair_traffic.hpp"
#include "bench/support/goals.hpp"
#include "bench/support/node_stage.hpp"

#include <algorithm>

namespace nova::bench {

namespace {

constexpr int rounds =
    3;  ///< each measures both, so that a change of the machine's load meets both

struct layout {
  std::string title;
  std::vector<node_plan> plan;
  double cpu = 0, sends = 0;  ///< sums over the rounds; CPU seconds of Nova and PostgreSQL
  std::map<std::string, double> node_cpu = {};

  double cpu_per_1000() const { return cpu * 1000 / std::max(1.0, sends); }
};

bool measure(const run_options& options, node_stage& s, nova_chat& nova, layout& l, int round,
             report& out) {
  out.section(l.title + ", round " + std::to_string(round + 1));
  std::string problem;
  const auto failed = [&](const std::string& what) {
    out.broken(what + problem);
    return false;
  };
  if (!s.start(l.plan, problem)) return failed("start: ");
  pair_traffic all(nova);
  if (!all.set_up(options.sockets, problem)) return failed("setting up: ");
  if (!nova.settle()) return failed("no checkpoint");
  std::map<std::string, double> before;
  for (const auto& p : l.plan) before[p.name] = s.cpu_of(p.name);
  const auto r = all.run({.window = options.window,
                          .rate = options.rate,
                          .warm_up_seconds = options.warm_up_seconds,
                          .seconds = options.seconds,
                          .text_bytes = options.text_bytes},
                         out);
  for (const auto& p : l.plan) l.node_cpu[p.name] += s.cpu_of(p.name) - before[p.name];
  const auto sends = r.acked_per_second * options.seconds;
  l.sends += sends;
  l.cpu += (r.server_cpu_per_1000 + r.postgres_cpu_per_1000) * sends / 1000;
  return out.sound();
}

}  // namespace

void send_across(const run_options& options, report& out) {
  if (!allow_files(options.sockets * 2 + 500)) return out.broken("too few file descriptors");
  node_stage s(without_sign_in_limits(options));
  std::string problem;
  if (!s.open(problem)) return out.broken("start: " + problem);
  nova_chat nova(s);
  describe(nova, out);
  out.set("sockets", options.sockets);
  out.set("window", options.window);
  layout one{"one process", {{"", {}}}};
  layout three{
      "three nodes",
      {{"back", domains_but({"messaging"})}, {"middle", {"messaging"}}, {"front", {"gateway"}}}};
  for (int round = 0; round < (options.tiny ? 1 : rounds); ++round) {
    auto& first = round % 2 == 0 ? one : three;
    auto& second = round % 2 == 0 ? three : one;
    if (!measure(options, s, nova, first, round, out)) return;
    if (!measure(options, s, nova, second, round, out)) return;
  }
  out.section("");
  out.number("one_cpu_s_per_1000", one.cpu_per_1000(), "CPU seconds of one process and PostgreSQL");
  out.number("three_cpu_s_per_1000", three.cpu_per_1000(),
             "CPU seconds of three nodes and PostgreSQL");
  double nodes = 0;
  for (const auto& [name, cpu] : three.node_cpu) nodes += cpu;
  for (const auto& [name, cpu] : three.node_cpu)
    out.number("share_of_" + name, cpu / std::max(1e-9, nodes), "of the CPU of the three nodes");
  out.goal("cpu_beside_one_process", three.cpu_per_1000() / std::max(1e-9, one.cpu_per_1000()),
           goals::send_across_beside_one, false);
}

}  // namespace nova::bench
