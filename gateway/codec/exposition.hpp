// The content of /metrics: the samples of all parts in Prometheus' text format. Only this file knows
// prometheus-cpp. Made by server; more sources come from main.
#pragma once

#include "protocols/core/metrics.hpp"

#include <prometheus/collectable.h>

#include <string>
#include <vector>

namespace nova::gateway {

class exposition final : public prometheus::Collectable {
 public:
  /// Adds a source. Call before the first reading; each reading calls `s`.
  void add(metric_source s) { sources_.push_back(std::move(s)); }

  /// Returns every family of metrics.def once, in order, also families without a sample.
  std::vector<prometheus::MetricFamily> Collect() const override;
  std::string text() const;

 private:
  std::vector<metric_source> sources_;
};

}  // namespace nova::gateway
