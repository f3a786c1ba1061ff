// Metrics of every process of Nova: process_* and nova_build_info. Read from /proc; used by main.
#pragma once

#include "protocols/core/metrics.hpp"

namespace nova::config {

/// The version of this program ("0.1.0") and its kind of build ("release").
struct build_info {
  std::string_view version, build;
};
build_info this_build() noexcept;

/// User and system time of this process, for each core that it may use.
double processor_seconds_a_core();

/// Takes the moment of this call as the process's start, so call it early.
metric_source process_metrics();

}  // namespace nova::config
