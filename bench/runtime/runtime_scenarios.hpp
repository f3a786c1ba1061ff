// Scenarios of the actor runtime, by name from runner/main.cpp.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// Entity commands that write nothing, and asks from one entity to another, in a node of this process. The reference is bare CAF
/// requests between two actors on the same threads. Both run in turn.
void ask(const run_options& options, report& out);

/// Events from one domain to another on PostgreSQL, at 2,000/s or --rate: from the call until the effect in the other domain is on
/// disk; then the highest rate. With --seconds from 600 on a soak: disk use and latencies must stay flat.
void event_effect(const run_options& options, report& out);

/// 10,000 reminders due in one second, and other entities' calls meanwhile.
void reminders(const run_options& options, report& out);

}  // namespace nova::bench
