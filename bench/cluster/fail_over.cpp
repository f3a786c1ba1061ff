// The scenario `fail-over`. See cluster_scenarios.hpp.
#include "bench/cluster/cluster_scenarios.hpp"
#include "bench/cluster/part_traffic.hpp"
#include "bench/support/goals.hpp"

#include <algorithm>
#include <numeric>

namespace nova::bench {

namespace {

constexpr std::size_t lanes = 2;  ///< conversations in each part
constexpr double rate = 400;      ///< sends a second of all conversations
constexpr std::uint64_t full_rounds = 50;

struct fault {
  std::string title;  ///< section of the report
  bool freezes = false;
};

struct outcome {
  latencies
      served;  ///< from the fault to the first answer of a write after it, by part of the lost node
  struct window {
    std::size_t part = 0;
    std::uint64_t from_us = 0, to_us = 0;
  };
  std::vector<window> others;  ///< the parts of the other node meanwhile
  std::uint64_t ended = 0;     ///< frozen nodes that ended when they went on
};

/// One fault, until all is where it belongs again.
bool strike(node_stage& s, part_traffic& traffic, const fault& f, const std::string& victim,
            outcome& o, std::string& problem) {
  const auto owned = s.parts("messaging", "base");
  std::vector<std::size_t> lost, kept;
  for (std::size_t i = 0; i < owned.size(); ++i)
    (owned[i].node == victim ? lost : kept).push_back(i);
  if (lost.empty()) return problem = victim + " owns no part of messaging", false;
  if (!traffic.await_calm()) return problem = "sockets are closed again and again", false;
  std::vector<std::size_t> every(owned.size());
  std::iota(every.begin(), every.end(), 0u);
  if (!traffic.await_answers(every, now_us())) return problem = "the load stands still", false;
  const auto at = now_us();
  if (f.freezes) s.node(victim).pause();
  else s.node(victim).kill();
  if (!traffic.await_answers(lost, at)) return problem = "no answer after the fault", false;
  std::uint64_t last = at;
  for (const auto part : lost) {
    const auto first = traffic.first_answer(part, at);
    o.served.add_us(first - at);
    last = std::max(last, first);
  }
  for (const auto part : kept) o.others.push_back({part, at, last});
  if (f.freezes) {
    s.node(victim).resume();
    if (s.await_settled(problem)) return true;
    if (s.node(victim).running()) return false;
    ++o.ended;
  }
  return s.start_again(victim, problem) && s.await_settled(problem);
}

void measure(const run_options& options, node_stage& s, const fault& f, report& out) {
  out.section(f.title);
  std::string problem;
  part_traffic traffic(s);
  if (!traffic.set_up(lanes, "base", problem)) return out.broken("setting up: " + problem);
  traffic.begin(options.rate > 0 ? options.rate : rate, options.text_bytes);
  outcome o;
  const auto rounds = options.tiny ? 1 : options.entities > 0 ? options.entities : full_rounds;
  for (std::uint64_t i = 0; i < rounds; ++i)
    if (!strike(s, traffic, f, i % 2 == 0 ? "left" : "right", o, problem)) {
      out.broken("round " + std::to_string(i) + ": " + problem + "\n" + s.logs());
      break;
    }
  traffic.end(out);
  out.number("rounds", static_cast<double>(rounds),
             "faults, one after another, of both nodes in turn");
  if (f.freezes)
    out.number("ended", static_cast<double>(o.ended), "frozen nodes that ended when they went on");
  out.timing("first_served_write", o.served);
  for (const auto p : {1, 10, 25, 50, 75, 90, 95, 99, 100})
    out.number("first_served_write_p" + std::to_string(p) + "_ms", o.served.percentile_ms(p),
               "from the fault");
  const auto answers = answers_by_part(traffic.sends(), traffic.parts());
  latencies others;
  for (const auto& w : o.others) others.add_us(longest_gap_us(answers[w.part], w.from_us, w.to_us));
  out.timing("gap_of_other_parts", others);
  out.goal("first_served_write_p99_ms", o.served.percentile_ms(99), goals::fail_over_p99_ms, false);
}

}  // namespace

void fail_over(const run_options& options, report& out) {
  node_stage s(without_sign_in_limits(options));
  std::string problem;
  if (!start_two_owners(s, problem)) return out.broken("start: " + problem);
  for (const auto& f : {fault{"kill -9", false}, fault{"SIGSTOP", true}}) {
    measure(options, s, f, out);
    if (!out.sound()) return;
  }
  out.section("");
}

}  // namespace nova::bench
