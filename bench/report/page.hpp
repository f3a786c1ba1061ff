// `nova-bench report FILES`: one self-contained HTML page of many runs. Called by runner/main.cpp.
#pragma once

#include "bench/report/run_file.hpp"

#include <string>
#include <vector>

namespace nova::bench {

/// No scripts, nothing from outside; readable in light and dark.
std::string make_page(const std::vector<run_file>& runs);

/// Reads the files and prints the page. The process's exit status.
int print_report(const std::vector<std::string>& files);

}  // namespace nova::bench
