// The scenario `fanout-across`. See cluster_scenarios.hpp.
#include "bench/cluster/cluster_scenarios.hpp"
#include "bench/messaging/nova_chat.hpp"
#include "bench/messaging/room_traffic.hpp"
#include "bench/support/goals.hpp"
#include "bench/support/node_stage.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace nova::bench {

namespace {

constexpr int rounds =
    2;  ///< each measures both, so that a change of the machine's load meets both
constexpr std::array<std::size_t, 2> windows{1, 8};

struct sums {
  double cpu = 0, deliveries = 0;  ///< CPU seconds of Nova and PostgreSQL
  double link_bytes = 0, messages = 0;

  double cpu_per_million() const { return cpu * 1e6 / std::max(1.0, deliveries); }
  double bytes_per_message() const { return link_bytes / std::max(1.0, messages); }
};

struct layout {
  std::string title;
  std::vector<node_plan> plan;
  std::string pushes;  ///< the node whose links are counted; empty: no links
  std::map<std::pair<std::size_t, std::size_t>, sums> of = {};  ///< by sockets and window
};

bool measure(const run_options& options, node_stage& s, nova_chat& nova, layout& l,
             std::size_t sockets, report& out) {
  std::string problem;
  room_traffic room(nova);
  if (!room.set_up(sockets, options.members > 0 ? options.members : sockets, problem)) {
    out.broken("setting up: " + problem);
    return false;
  }
  for (const auto window : windows) {
    out.section(l.title + ", " + std::to_string(sockets) + " sockets, " + std::to_string(window) +
                " in flight");
    const auto bytes = [&]() -> double {
      return l.pushes.empty() ? 0 : static_cast<double>(s.counter(l.pushes, "link_bytes_out"));
    };
    const auto bytes_before = bytes();
    const auto messages_before = room.messages();
    const auto made =
        room.run({window, options.warm_up_seconds, options.seconds, options.text_bytes}, out);
    if (!out.sound()) return false;
    auto& sum = l.of[{sockets, window}];
    const auto deliveries = made.deliveries_per_second * options.seconds;
    sum.deliveries += deliveries;
    sum.cpu += (made.server_cpu_per_million + made.postgres_cpu_per_million) * deliveries / 1e6;
    sum.link_bytes += bytes() - bytes_before;
    sum.messages += static_cast<double>(room.messages() - messages_before);
  }
  return true;
}

void compare(const layout& one, const layout& two, const std::vector<std::size_t>& rooms,
             report& out) {
  for (const auto window : windows) {
    for (const auto sockets : rooms) {
      out.section(std::to_string(sockets) + " sockets, " + std::to_string(window) + " in flight");
      const auto& alone = one.of.at({sockets, window});
      const auto& across = two.of.at({sockets, window});
      out.number("one_cpu_s_per_million", alone.cpu_per_million(),
                 "CPU seconds of one process and PostgreSQL per million deliveries");
      out.number("two_cpu_s_per_million", across.cpu_per_million(),
                 "CPU seconds of the three nodes and PostgreSQL");
      out.number("link_bytes_per_message", across.bytes_per_message(),
                 "bytes that the node of messaging sends to both gateways");
      out.goal("cpu_beside_one_process",
               across.cpu_per_million() / std::max(1e-9, alone.cpu_per_million()),
               goals::fan_out_across_beside_one, false);
    }
    if (rooms.size() < 2) continue;
    out.section(std::to_string(window) + " in flight");
    out.goal("link_bytes_beside_small_room",
             two.of.at({rooms.back(), window}).bytes_per_message() /
                 two.of.at({rooms.front(), window}).bytes_per_message(),
             goals::link_bytes_beside_small_room, false);
  }
  out.section("");
}

}  // namespace

void fan_out_across(const run_options& options, report& out) {
  std::vector<std::size_t> rooms{options.sockets};
  if (options.all && !options.tiny) rooms = {1'000, 10'000};
  if (!allow_files(rooms.back() + 500)) return out.broken("too few file descriptors");
  node_stage s(without_sign_in_limits(options));
  std::string problem;
  if (!s.open(problem)) return out.broken("start: " + problem);
  nova_chat nova(s);
  describe(nova, out);
  layout one{"one process", {{"", {}}}, ""};
  layout two{"two gateways",
             {{"east", domains_but({})}, {"front", {"gateway"}}, {"side", {"gateway"}}},
             "east"};
  for (int round = 0; round < (options.tiny ? 1 : rounds); ++round)
    for (auto* l : {&one, &two}) {
      if (!s.start(l->plan, problem)) return out.broken("start: " + problem);
      for (const auto sockets : rooms)
        if (!measure(options, s, nova, *l, sockets, out)) return;
    }
  compare(one, two, rooms, out);
}

}  // namespace nova::bench
