// Scenarios of auth, by name from runner/main.cpp.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// Logins at the speed that `window` clients reach. The reference is bare Argon2id with the same parameters, one thread a
/// processor. Then many clients at once: the time until a refused client gets its 503.
void login(const run_options& options, report& out);

}  // namespace nova::bench
