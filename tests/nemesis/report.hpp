// The result of a nemesis run, for people and for programs. Used by nemesis_flow_test.cpp.
#pragma once

#include "tests/nemesis/nemesis.hpp"

#include <string>
#include <vector>

namespace nova::nemesis {

/// A promise about the whole run. It is judged only when the run is long enough for it.
struct goal {
  std::string name;
  double value = 0, bound = 0;
  std::size_t of = 0, least = 0;  ///< how many were measured, and how many are judged
  bool at_least = false;          ///< else at most

  bool judged() const { return of >= least; }
  bool met() const { return at_least ? value >= bound : value <= bound; }
};

/// Milliseconds without, percent with three decimals.
std::string value_of(const goal& g);
/// 99 of 100 faults are recovered from within the bound: 100 more sends are answered, and all nodes are linked and agree on all owners.
/// 99.9 of 100 attempts to send to shards that a fault does not touch are answered within a second, see untouched.hpp.
std::vector<goal> goals_of(const nemesis_report& r);
/// Sound, and no judged goal is missed.
bool passed(const nemesis_report& r);

/// What the checker found, the goals, and for each kind of fault how long it took: median, nine tenths, longest.
std::string text_of(const nemesis_report& r);
/// All faults one by one, and the load over time.
std::string json_of(const nemesis_report& r);

}  // namespace nova::nemesis
