#include "gateway/codec/exposition.hpp"

#include <prometheus/text_serializer.h>

#include <limits>

namespace nova::gateway {
namespace {

using prometheus::ClientMetric;

ClientMetric::Histogram histogram_of(const duration_histogram::counts& counts) {
  ClientMetric::Histogram out;
  for (std::size_t i = 0; i < counts.buckets.size(); ++i) {
    const bool last = i == duration_histogram::bounds_s.size();
    out.sample_count += counts.buckets[i];
    out.bucket.push_back({out.sample_count, last ? std::numeric_limits<double>::infinity()
                                                 : duration_histogram::bounds_s[i]});
  }
  out.sample_sum = counts.sum_s;
  return out;
}

prometheus::MetricType type_of(metric_type t) {
  switch (t) {
    case metric_type::counter: return prometheus::MetricType::Counter;
    case metric_type::gauge: return prometheus::MetricType::Gauge;
    case metric_type::histogram: return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

ClientMetric metric_of(const metric_family& family, const std::vector<std::string>& labels,
                       const metric_samples::sample& sample) {
  ClientMetric out;
  const auto names = label_names(family);
  for (std::size_t i = 0; i < names.size(); ++i)
    out.label.push_back({std::string(names[i]), labels[i]});
  switch (family.type) {
    case metric_type::counter: out.counter.value = sample.value; break;
    case metric_type::gauge: out.gauge.value = sample.value; break;
    case metric_type::histogram: out.histogram = histogram_of(sample.durations); break;
  }
  return out;
}

}  // namespace

std::vector<prometheus::MetricFamily> exposition::Collect() const {
  metric_samples samples;
  for (const auto& source : sources_) source(samples);
  std::vector<prometheus::MetricFamily> out;
  const auto families = metric_families();
  for (std::size_t i = 0; i < families.size(); ++i) {
    const auto& family = families[i];
    prometheus::MetricFamily made{
        std::string(family.name), std::string(family.help), type_of(family.type), {}};
    for (const auto& [labels, sample] : samples.of(static_cast<metric>(i)))
      made.metric.push_back(metric_of(family, labels, sample));
    out.push_back(std::move(made));
  }
  return out;
}

std::string exposition::text() const { return prometheus::TextSerializer().Serialize(Collect()); }

}  // namespace nova::gateway
