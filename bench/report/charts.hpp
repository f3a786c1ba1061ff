// Plots of the page as inline SVG. Each figure has a row: its name on the left, its value on the right, so no two labels
// overlap. Colours come from the page's style by class.
#pragma once

#include "bench/report/run_file.hpp"
#include "tests/support/page_parts.hpp"

#include <string>
#include <string_view>

namespace nova::bench {

using page::escaped;
using page::shown;
/// "share_of_bare_insert" → "share of bare insert".
std::string spoken(std::string_view name);

/// Percentiles of every timing on a logarithmic axis; empty when there are no timings.
std::string latency_chart(const run_file& run);
/// CPU of client, server and PostgreSQL per operation, stacked; empty when it was not measured. One plot a unit.
std::string cpu_chart(const run_file& run);
/// All figures per second; references are grey.
std::string rate_chart(const run_file& run);
/// Memory figures (MiB).
std::string memory_chart(const run_file& run);

}  // namespace nova::bench
