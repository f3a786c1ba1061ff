// Scenarios of Nova on several nodes, by name from runner/main.cpp.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// The traffic of durable-send with gateway, messaging and the other domains on a node each. The reference in the same run is one
/// process with all of them, on the same databases.
void send_across(const run_options& options, report& out);

/// The traffic of fanout with listeners at two gateway nodes, and the domains on a third. The reference is one process. Counts the
/// bytes on the links for a message, by size of the room.
void fan_out_across(const run_options& options, report& out);

/// Moves parts of messaging between two nodes, one after another, under load. The time without an answer of a part, and calls that
/// failed.
void moves(const run_options& options, report& out);

/// Kills and freezes the nodes of messaging in turn, under load. From the fault until a write to each of the node's parts is served.
void fail_over(const run_options& options, report& out);

/// A query that an entity answers from memory, by sockets at a gateway on another node, at 1,000 a second and flat out. The references
/// are the same call in one process, raw BASP requests, bare TCP round trips, and bare envelopes over a link.
void call_across(const run_options& options, report& out);

/// Sockets over TLS whose gateway node is killed: until each is back at the other one, and the queries to auth's database meanwhile.
void herd(const run_options& options, report& out);

}  // namespace nova::bench
