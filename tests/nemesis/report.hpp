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

  bool judged() const { return of >= least; }
  bool met() const { return value <= bound; }
};

/// 99 of 100 faults are recovered from within the bound: 100 more sends are answered, and all nodes are linked and agree on all owners.
std::vector<goal> goals_of(const nemesis_report& r);
/// Sound, and no judged goal is missed.
bool passed(const nemesis_report& r);

/// What the checker found, the goals, and for each kind of fault how long it took: median, nine tenths, longest.
std::string text_of(const nemesis_report& r);
/// All faults one by one.
std::string json_of(const nemesis_report& r);

}  // namespace nova::nemesis
