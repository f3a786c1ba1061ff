// One seed from start to verdict. Called by simulation_test.cpp and planted_simulation.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nova::simulation {

struct verdict {
  std::uint64_t seed = 0;
  std::uint64_t trace = 0;              ///< equal for equal seeds, to the bit
  std::vector<std::string> plan;        ///< settings and blows, a line each
  std::vector<std::string> violations;  ///< "kind: detail"; empty: sound
  std::uint64_t steps = 0, sends = 0, resent = 0, deliveries = 0, resumes = 0, gaps = 0,
                closed_slow = 0;
  std::int64_t virtual_ms = 0;
  std::vector<std::string> log;  ///< of all nodes, for a failed seed
};

struct run_shape {
  std::uint32_t lanes = 1;  ///< commit lanes of each database; linked nodes have one for each part
  bool linked = false;      ///< two to four nodes that are one Nova, with links between them
};

verdict run_seed(std::uint64_t seed, run_shape shape = {});

}  // namespace nova::simulation
