// Reads Prometheus' text format as strictly as `promtool check metrics`: for the tests of /metrics.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nova::test {

struct exposed_family {
  std::string name, type, help;
  std::set<std::string> labels;  ///< of its samples; `le` is left out
  std::size_t samples = 0;
};

struct exposition_reading {
  std::vector<exposed_family> families;  ///< in their order
  std::vector<std::string> faults;       ///< one sentence each; empty: valid
};

/// Faults: a family without HELP or TYPE, or in two groups; a sample outside its family; a sample twice; a name that does not
/// fit its type; a histogram without `+Inf`, with falling buckets, or with a count that is not its last bucket.
exposition_reading read_exposition(std::string_view text);

}  // namespace nova::test
