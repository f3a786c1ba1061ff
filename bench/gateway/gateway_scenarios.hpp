// Scenarios of the gateway, by name from runner/main.cpp.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// `sockets` authenticated idle sockets: the server's user-space memory for each.
void idle(const run_options& options, report& out);

}  // namespace nova::bench
