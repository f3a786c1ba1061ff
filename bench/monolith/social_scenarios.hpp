// The scenario of the social domains together. Called by the runner.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// Logins, profile updates, posts and feed pages of `sockets` clients, beside the audit's system under the same load.
void social(const run_options& options, report& out);

}  // namespace nova::bench
