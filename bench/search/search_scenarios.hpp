// Scenario of search: documents of many scripts are indexed, then looked for. Called by bench/runner.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// A node of this process on a private PostgreSQL; stand-ins publish the events of content and messaging. Reference: SQLite FTS5
/// with the same terms, and a scan over all texts for what should have been found.
void search(const run_options& options, report& out);

}  // namespace nova::bench
