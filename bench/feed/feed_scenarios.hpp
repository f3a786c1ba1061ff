// Scenario of feed: posts are written to their readers' timelines, and timelines are read. Called by bench/runner.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// A node of this process on a private PostgreSQL; stand-ins publish the events of content and user. References: a bare INSERT …
/// SELECT of the same rows, and the statement of a page through libpq.
void timelines(const run_options& options, report& out);

}  // namespace nova::bench
