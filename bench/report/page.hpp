// `nova-bench report FILES`: one self-contained HTML page of many runs. Called by runner/main.cpp.
#pragma once

#include "bench/report/run_file.hpp"

#include <string>
#include <vector>

namespace nova::bench {

/// The page has no scripts and loads nothing. It is readable in light and dark mode.
std::string make_page(const std::vector<run_file>& runs);

/// Reads the files and prints the page. Returns the process's exit status.
int print_report(const std::vector<std::string>& files);

}  // namespace nova::bench
