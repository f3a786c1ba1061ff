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

/// Conversations that are not in memory are activated through the real store, then 100,000 come and go: time of a cold call,
/// and what the heap keeps.
void activation(const run_options& options, report& out);

/// CPU of server and PostgreSQL per send while conversations grow from 1,000 to 1,000,000 and members from 10 to 10,000.
void growth(const run_options& options, report& out);

}  // namespace nova::bench
