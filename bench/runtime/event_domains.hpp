// Two small domains on PostgreSQL, for the scenarios of events and reminders: "alpha" counts and tells, "beta" follows its events and
// writes down each one that is missing, doubled or out of order.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "tests/support/domain_node.hpp"

#include <memory>
#include <string>
#include <vector>

namespace nova::bench {

/// A node with both domains on fresh databases of a private PostgreSQL.
std::unique_ptr<test::domain_node> make_event_node(const config::runtime_settings& settings);

/// alpha: adds one to the counter of the key and emits an event. The answer leaves when beta's effect is on disk.
const rpc::method& emit_method();
/// alpha: adds one and emits nothing.
const rpc::method& ping_method();
rpc::message_ptr key_message(const std::string& key);

/// Sets a reminder for each of `count` entities of alpha, all due in `due_in_s` seconds by the database's clock. The node reads them at
/// its next start.
void set_reminders(test::domain_node& node, std::uint64_t count, double due_in_s);

struct event_counts {
  std::int64_t told = 0;   ///< events of alpha
  std::int64_t taken = 0;  ///< effects in beta
  std::int64_t wrong = 0;  ///< events that were not the next of their key
};
event_counts count_events(test::domain_node& node);

struct reminder_counts {
  std::int64_t fired = 0;
  std::int64_t entities = 0;  ///< those that fired at least once
};
reminder_counts count_reminders(test::domain_node& node);

/// Bytes of the named domain's database on disk.
std::int64_t disk_bytes(test::domain_node& node, const std::string& domain);

}  // namespace nova::bench
