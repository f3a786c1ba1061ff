// The page of a nemesis run: throughput, latency and the faults over time. Used by nemesis_flow_test.cpp.
#pragma once

#include "tests/nemesis/nemesis.hpp"

#include <string>

namespace nova::nemesis {

/// One self-contained page: the verdict, the goals, the plots with each fault as a band, and the faults as a table.
std::string page_of(const nemesis_report& r);

}  // namespace nova::nemesis
