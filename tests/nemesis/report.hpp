// The result of a nemesis run, for people and for programs. Used by nemesis_flow_test.cpp.
#pragma once

#include "tests/nemesis/nemesis.hpp"

#include <string>

namespace nova::nemesis {

/// What the checker found and, for each kind of fault, how long it took: median, nine tenths, longest.
std::string text_of(const nemesis_report& r);
/// All faults one by one.
std::string json_of(const nemesis_report& r);

}  // namespace nova::nemesis
