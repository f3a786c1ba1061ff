// Scenarios of the actor runtime, by name from runner/main.cpp.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// Entity commands that write nothing, and asks from one entity to another, in a node of this process. The reference is bare CAF
/// requests between two actors on the same threads. Both run in turn.
void ask(const run_options& options, report& out);

}  // namespace nova::bench
