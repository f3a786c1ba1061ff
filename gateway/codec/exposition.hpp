// What /metrics says: the samples of all parts in Prometheus' text format. The one place that knows
// prometheus-cpp. Made by server; more sources come from main.
#pragma once

#include "protocols/core/metrics.hpp"

#include <prometheus/collectable.h>

#include <string>
#include <vector>

namespace nova::gateway {

class exposition final : public prometheus::Collectable {
 public:
  /// Before the first reading; `s` is called by each.
  void add(metric_source s) { sources_.push_back(std::move(s)); }

  /// Every family of metrics.def once and in its order, also those without a sample.
  std::vector<prometheus::MetricFamily> Collect() const override;
  std::string text() const;

 private:
  std::vector<metric_source> sources_;
};

}  // namespace nova::gateway
