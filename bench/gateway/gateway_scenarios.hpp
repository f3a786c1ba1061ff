// Scenarios of the gateway, by name from runner/main.cpp.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// `sockets` authenticated sockets that do nothing: user-space memory of the server for each.
void idle(const run_options& options, report& out);

}  // namespace nova::bench
