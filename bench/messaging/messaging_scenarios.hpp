// Scenarios of messaging, by name from runner/main.cpp.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// Sends over sockets in pairs of sender and receiver, each pair in its direct conversation. Sends are answered after the commit
/// and pushed to the receiver. The reference in the same run is the bare PostgreSQL insert of the same rows.
void durable_send(const run_options& options, report& out);

/// One publisher in a group and many listening sockets. CPU per delivery; the reference is a bare epoll writer of the same frames.
void fan_out(const run_options& options, report& out);

/// Pages of the newest 50 messages over sockets, open loop. The reference is one bare SELECT through libpq.
void history(const run_options& options, report& out);

/// Activates conversations that are not in memory through the real store, then makes 100,000 of them come and go. Measures the
/// time of a cold call and the memory that the heap keeps.
void activation(const run_options& options, report& out);

/// CPU of server and PostgreSQL per send while conversations grow from 1,000 to 1,000,000 and members from 10 to 10,000.
void growth(const run_options& options, report& out);

/// Events of another domain that wait in one source shard, each a row of a read model: events a second until the last has had
/// its effect.
void read_model_events(const run_options& options, report& out);

/// The account with the most of everything: 10,000 conversations, a million own messages, groups full of unread, messages full of
/// reactions, a group of 50,000. Its pages and its resume, joins, mentions, and another account's history beside its lists.
void worst_account(const run_options& options, report& out);

}  // namespace nova::bench
