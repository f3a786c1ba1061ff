// Scenarios of messaging, by name from runner/main.cpp.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// Sends over sockets in pairs of sender and receiver, each in its direct conversation, answered after the commit and pushed
/// to the receiver; beside it the bare PostgreSQL insert of the same rows in the same run.
void durable_send(const run_options& options, report& out);

/// One publisher in a group, many listening sockets; CPU per delivery beside a bare epoll writer of the same frames.
void fan_out(const run_options& options, report& out);

/// Pages of the newest 50 messages over sockets, open loop; beside it one bare SELECT through libpq.
void history(const run_options& options, report& out);

}  // namespace nova::bench
