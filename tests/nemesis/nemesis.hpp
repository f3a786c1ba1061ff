// Harms the test bed under the crash test's load, one fault after another, and lets its checker judge what is there at rest. Used by
// nemesis_flow_test.cpp.
#pragma once

#include "tests/crash/load.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::nemesis {

enum class harm {
  kill_node,
  kill_all,
  freeze_node,  ///< longer than its lease
  cut_off,      ///< one node from all others, its clients and the database
  cut_links,    ///< one node from the other nodes; all reach the database
  cut_halves,   ///< one gateway from the rest; each half keeps clients, one the database
  cut_one_way,  ///< packets of one node do not arrive; those to it do
  lose_packets,
  delay_packets,  ///< and some overtake others
  limit_bandwidth,
  stop_database,  ///< immediately
  pause_database,
  slow_consumers,
  move_domains,
  drain_node,
  kill_herd,   ///< a gateway with a herd of more sockets, see herd.hpp
  step_clock,  ///< the wall clock of one node jumps, and jumps back later
  mix,         ///< one of the network's and one of the others, at the same time
  // Of a rolling upgrade: not drawn by chance.
  upgrade_node,    ///< the first node that runs the previous release
  roll_back_node,  ///< any node, to the previous release
};
inline constexpr std::size_t harms = 18, all_harms = harms + 2;
std::string_view name_of(harm h) noexcept;
std::optional<harm> harm_named(std::string_view name) noexcept;

struct nemesis_options {
  std::uint64_t seed = 1;
  std::vector<harm> plan;
  std::string binary = {};  ///< empty: as server_process finds it
  std::string planted =
      {};  ///< a fault that the nodes have from the start; `binary` is nova-planted
  std::string previous = {};  ///< of the previous release: what all nodes begin with; empty: none
  std::string folder = {};    ///< for what is on disk, kept; empty: one of its own, removed
  std::size_t people = 40;
  std::chrono::milliseconds pause{300};  ///< between two operations of a device, at most
};

/// One fault and how the load got over it.
struct harm_record {
  harm what = harm::kill_node;
  std::string detail;          ///< of which node, for how long
  std::int64_t began_ms = 0;   ///< since the load began
  std::int64_t lasted_ms = 0;  ///< from the blow to the healing
  std::int64_t first_ms = 0;   ///< from the blow to the first answered send that began after it
  std::int64_t gap_ms = 0;     ///< longest pause between two answered sends, until all is well
  std::int64_t healed_ms = 0;  ///< from the healing to 100 more answered sends
  std::int64_t whole_ms = 0;   ///< from the healing to linked nodes that agree on all owners
  std::uint64_t packets = 0;   ///< that the network lost or held up on purpose
  /// Attempts to send to shards that it did not touch, see untouched.hpp.
  crash::attempt_count untouched = {};
};

struct nemesis_report : crash::load_report {
  std::uint64_t seed = 0;
  std::vector<harm_record> harms;
  std::vector<crash::answer_series::point> series;  ///< of the load, until the last fault was over
  crash::attempt_count calm;                        ///< attempts to send between the faults
  std::map<std::string, std::string> releases;      ///< after a rolling upgrade, by node
  std::vector<std::string> migrations;              ///< that it applied
  std::string logs;                                 ///< of the nodes; only when it failed
};

/// After host::enter().
nemesis_report run_nemesis(const nemesis_options& options);

}  // namespace nova::nemesis
