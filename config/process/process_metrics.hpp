// What every process of Nova says of itself on /metrics: process_* and nova_build_info. Read from /proc; used by main.
#pragma once

#include "protocols/core/metrics.hpp"

namespace nova::config {

/// The version that was built ("0.1.0") and how ("release").
struct build_info {
  std::string_view version, build;
};
build_info this_build() noexcept;

/// Takes the process's start from the moment of this call: make it early.
metric_source process_metrics();

}  // namespace nova::config
