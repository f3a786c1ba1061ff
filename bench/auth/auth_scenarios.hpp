// Scenarios of auth, by name from runner/main.cpp.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// Logins as fast as `window` clients ask; beside it bare Argon2id with the same parameters on as many threads as there are
/// processors. Then a crowd at once: how long a shed client waits for its 503.
void login(const run_options& options, report& out);

}  // namespace nova::bench
