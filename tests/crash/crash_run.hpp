// One run of the crash test: starts Nova, puts load on it, strikes it with faults one after another, reads what is there at
// rest and has the checker judge. Used by crash_flow_test and planted_flow_test.
#pragma once

#include "tests/crash/load.hpp"
#include "tests/crash/replicated_servers.hpp"

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace nova::crash {

enum class strike {
  kill_nova,
  kill_nova_twice,  ///< again as soon as it is ready
  stop_postgres,    ///< immediately
  kill_both,
  stall_and_kill,  ///< the database does not answer for a while (SIGSTOP), then the node is killed
  stall_postgres,  ///< the database does not answer for a while
  take_over,  ///< the node is paused past its lease, a second one takes its place, the first comes back; then the second dies
  disk_full,  ///< needs run_options::disk_mb
  slow_consumers,  ///< some devices stop reading until they are closed, then come back
  herd,            ///< all sockets are cut at once
  stranger_lock,   ///< another session holds rows that marks need, for a while
  backup,          ///< online, under load; at the end it is restored beside the server and judged
  standby_silent,  ///< commits wait for a standby that does not answer, and the sessions that wait are ended
  // Need run_options::servers.
  primary_killed,
  primary_frozen,
  primary_switched,
};
inline constexpr std::size_t strike_kinds = 13;  ///< those of a Nova with its own PostgreSQL
std::string_view name_of(strike s) noexcept;

struct run_options {
  std::uint64_t seed = 1;
  std::vector<strike> plan;
  std::size_t people = 52;
  std::size_t groups = 8;
  std::size_t relations = 6;            ///< follows and unfollows, of a hundred operations
  std::chrono::milliseconds pause{90};  ///< between two operations of a device, at most
  std::uint64_t least_events = 0;       ///< the load goes on until the outboxes have so many events
  std::string binary = {};              ///< empty: as server_process finds it
  std::string data = {};                ///< empty: a folder of its own, removed
  std::string copy_of = {};             ///< the data folder begins as a copy of this one
  bool stop = true;                     ///< in order, at the end; else it is killed
  std::size_t disk_mb = 0;              ///< the data folder lies on a disk of this size of its own
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::size_t least_sends = 150,
              more_sends = 2000;  ///< acknowledged before each fault: at least, and at most beside
  bool poison = false;  ///< content refuses some follows until the end; see poisoned_follows
  replicated_servers* servers = nullptr;  ///< null: Nova's own PostgreSQL
  bool quiet = false;
};

/// Another database server became the primary.
struct switch_record {
  strike how = strike::primary_killed;
  std::int64_t write_gap_ms = 0;  ///< longest pause between two acknowledged sends
  long long served_ms = 0;  ///< from the new primary's first commit to 100 more acknowledged sends
};

struct run_report : load_report {
  std::map<strike, int> strikes;
  std::vector<switch_record> switches;
  long long slowest_recovery_ms = 0;  ///< from a fault to 100 more acknowledged sends
  strike slowest_strike = strike::kill_nova;
};

run_report run_crash(const run_options& options);

}  // namespace nova::crash
