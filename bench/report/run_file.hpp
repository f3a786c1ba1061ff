// A run as report::write wrote it, read for the page.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nova::bench {

struct run_figure {
  std::string section, name, note;
  double value = 0;
};

struct run_timing {
  std::string section, name;
  double count = 0, p50_ms = 0, p90_ms = 0, p99_ms = 0, p99_9_ms = 0, max_ms = 0;
};

struct run_goal {
  std::string section, name, reference;
  double value = 0, goal = 0;
  bool at_least = false, met = false;
};

struct run_file {
  std::string scenario, at, machine;
  double load_at_start = 0;
  bool sound = false;
  std::vector<std::pair<std::string, std::string>> facts;  ///< as text for the page
  std::vector<run_figure> figures;
  std::vector<run_timing> timings;
  std::vector<run_goal> goals;
  std::vector<std::string> broken;

  /// Empty: there is no such fact.
  std::string fact(const std::string& name) const;
  const run_figure* find(const std::string& section, const std::string& name) const;
};

/// False when the text is not a run; `problem` says why.
bool read_run(const std::string& text, run_file& out, std::string& problem);

}  // namespace nova::bench
