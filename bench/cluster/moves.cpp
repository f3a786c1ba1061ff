// The scenario `moves`. See cluster_scenarios.hpp.
#include "bench/cluster/cluster_scenarios.hpp"
#include "bench/cluster/part_traffic.hpp"
#include "bench/support/goals.hpp"

#include <poll.h>

#include <algorithm>

namespace nova::bench {

namespace {

constexpr std::size_t lanes = 4;  ///< conversations in each part
constexpr double rate = 800;      ///< sends a second of all conversations
constexpr std::uint64_t full_moves = 200, tiny_moves = 4;
constexpr auto moved_within = std::chrono::seconds(60);
constexpr std::uint64_t quiet_window_us = 300'000;  ///< about as long as a move takes

struct one_move {
  std::size_t part = 0;
  std::uint64_t asked_us = 0;
  std::uint64_t told_us = 0;    ///< the new owner says that it owns the part
  std::uint64_t served_us = 0;  ///< first answer to a send after that
};

/// Waits without a notice, for pages that can only be asked.
bool looked(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + moved_within;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

bool move_one(node_stage& s, part_traffic& traffic, one_move& m) {
  const auto parts = s.parts("messaging", "base");
  if (m.part >= parts.size() || parts[m.part].node.empty()) return false;
  const auto from = parts[m.part].node;
  const std::string to = from == "left" ? "right" : "left";
  if (!looked([&] {
        m.asked_us = now_us();
        return s.move("messaging", m.part, from, to);
      }))
    return false;
  if (!looked([&] {
        const auto now = s.parts("messaging", to);
        return m.part < now.size() && now[m.part].node == to;
      }))
    return false;
  m.told_us = now_us();
  if (!traffic.await_answers({m.part}, m.told_us)) return false;
  m.served_us = traffic.first_answer(m.part, m.told_us);
  return true;
}

/// What clients saw: the longest gap between answers of a part, and how long sends waited.
void describe_moves(const std::vector<part_send>& sends, const std::vector<one_move>& moves,
                    std::size_t parts, std::uint64_t quiet_from, std::uint64_t quiet_to,
                    report& out) {
  const auto answers = answers_by_part(sends, parts);
  latencies quiet, gaps, took, waited, undisturbed;
  for (std::size_t p = 0; p < parts; ++p)
    for (auto at = quiet_from; at + quiet_window_us < quiet_to; at += quiet_window_us)
      quiet.add_us(longest_gap_us(answers[p], at, at + quiet_window_us));
  boost::json::array all;
  for (const auto& m : moves) {
    const auto gap = longest_gap_us(answers[m.part], m.asked_us, m.served_us);
    gaps.add_us(gap);
    all.emplace_back(static_cast<double>(gap) / 1000);
    took.add_us(m.told_us - m.asked_us);
    std::uint64_t longest = 0;
    for (const auto& s : sends)
      if (s.part == m.part && s.intended_us <= m.told_us && s.answered_us >= m.asked_us)
        longest = std::max(longest, s.answered_us - s.intended_us);
    waited.add_us(longest);
  }
  for (const auto& s : sends)
    if (s.answered_us != 0 && s.answered_us < quiet_to)
      undisturbed.add_us(s.answered_us - s.intended_us);
  out.set("gaps_ms", std::move(all));
  out.timing("quiet_answer", undisturbed);
  out.timing("quiet_gap", quiet);
  out.timing("move_took", took);
  out.timing("move_slowest_send", waited);
  out.timing("move_gap", gaps);
  out.goal("move_gap_max_ms", gaps.percentile_ms(100), goals::move_ms, false,
           "longest time without an answer of a part; quiet p99 " +
               std::to_string(quiet.percentile_ms(99)) + " ms");
}

}  // namespace

void moves(const run_options& options, report& out) {
  const auto count = options.tiny           ? tiny_moves
                     : options.entities > 0 ? options.entities
                                            : full_moves;
  node_stage s(without_sign_in_limits(options));
  std::string problem;
  if (!start_two_owners(s, problem)) return out.broken("start: " + problem);
  part_traffic traffic(s);
  if (!traffic.set_up(lanes, "base", problem)) return out.broken("setting up: " + problem);
  traffic.begin(options.rate > 0 ? options.rate : rate, options.text_bytes);
  std::vector<std::size_t> every(traffic.parts());
  for (std::size_t i = 0; i < every.size(); ++i) every[i] = i;
  const auto began = now_us();
  const auto to_us = [](double seconds) { return static_cast<std::uint64_t>(seconds * 1e6); };
  const auto quiet_from = began + to_us(options.warm_up_seconds);
  const auto quiet_to = quiet_from + to_us(options.seconds);
  if (!traffic.await_answers(every, began)) return out.broken("the load stands still");
  if (!looked([&] { return now_us() > quiet_to; })) return out.broken("the clock stands still");
  std::vector<one_move> made;
  for (std::uint64_t i = 0; i < count; ++i) {
    made.push_back({i % every.size()});
    if (!move_one(s, traffic, made.back()))
      return out.broken("move " + std::to_string(i) + " did not end\n" + s.logs());
  }
  traffic.end(out);
  if (!traffic.failures().empty()) out.set("logs", boost::json::string(s.logs(200'000)));
  describe_moves(traffic.sends(), made, every.size(), quiet_from, quiet_to, out);
  std::uint64_t failed = 0, closed = 0;
  for (const auto& [code, n] : traffic.failures()) failed += n;
  for (const auto& [code, n] : traffic.closures()) closed += n;
  out.number("moves", static_cast<double>(made.size()),
             "of a part of messaging, one after another");
  out.goal("failed_calls", static_cast<double>(failed), goals::failed_by_moves, false);
  if (closed > 0) out.broken(std::to_string(closed) + " sockets were closed");
}

}  // namespace nova::bench
