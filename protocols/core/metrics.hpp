// The metrics of Nova: the families of metrics.def, and the samples that each layer adds when /metrics is read. Hot paths count
// in plain atomics of their own; only gateway/codec/exposition.cpp knows the text format.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nova {

enum class metric : std::uint16_t {
#define NOVA_METRIC(name, type, labels, help) name,
#include "protocols/core/metrics.def"
};

enum class metric_type : std::uint8_t { counter, gauge, histogram };

struct metric_family {
  std::string_view name;
  metric_type type;
  std::string_view labels;  ///< "domain,query"; empty: none
  std::string_view help;
};

/// By value of `metric`.
std::span<const metric_family> metric_families() noexcept;
std::vector<std::string_view> label_names(const metric_family& f);
/// The text of protocols/metrics.txt: one line a family.
std::string metrics_text();

/// Durations, counted in buckets. Any number of threads may write and read without locks; a write costs about two atomic additions.
class duration_histogram {
 public:
  static constexpr std::array<double, 15> bounds_s{
      0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
  struct counts {
    std::array<std::uint64_t, bounds_s.size() + 1>
        buckets{};  ///< each count excludes the lower buckets; the last bucket is above all bounds
    double sum_s = 0;
  };

  void observe(std::chrono::nanoseconds took) noexcept;
  counts read() const noexcept;

 private:
  std::array<std::atomic<std::uint64_t>, bounds_s.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_ns_{0};
};

/// The samples of one reading of /metrics. Samples of one family with equal labels are added up, because several threads or
/// domains may each add a part.
class metric_samples {
 public:
  struct sample {
    double value = 0;                      ///< counter and gauge
    duration_histogram::counts durations;  ///< histogram
  };
  using by_labels = std::map<std::vector<std::string>, sample>;

  /// `labels`: as many values as the family has labels, in the family's order.
  void add(metric family, double value, std::initializer_list<std::string_view> labels = {});
  void add(metric family, const duration_histogram& h,
           std::initializer_list<std::string_view> labels = {});

  const by_labels& of(metric family) const;
  /// The value of a sample, or the count of a histogram; 0 when there is no such sample.
  double value(metric family, std::initializer_list<std::string_view> labels = {}) const;

 private:
  sample& at(metric family, std::initializer_list<std::string_view> labels);
  std::map<metric, by_labels> families_;
};

/// Adds the counts of one part of Nova. Called on any thread.
using metric_source = std::function<void(metric_samples&)>;

}  // namespace nova
