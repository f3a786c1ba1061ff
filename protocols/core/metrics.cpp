#include "protocols/core/metrics.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace nova {
namespace {

constexpr metric_family families[] = {
#define NOVA_METRIC(name, type, labels, help) {#name, metric_type::type, labels, help},
#include "protocols/core/metrics.def"
};

const metric_family& describe(metric m) { return families[static_cast<std::size_t>(m)]; }

constexpr auto bounds_ns = [] {
  std::array<std::int64_t, duration_histogram::bounds_s.size()> out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    // std::llround is not constexpr. NOLINTNEXTLINE(bugprone-incorrect-roundings)
    out[i] = static_cast<std::int64_t>(duration_histogram::bounds_s[i] * 1e9 + 0.5);
  return out;
}();

std::vector<std::string> texts(std::initializer_list<std::string_view> labels) {
  return {labels.begin(), labels.end()};
}

}  // namespace

std::span<const metric_family> metric_families() noexcept { return families; }

std::vector<std::string_view> label_names(const metric_family& f) {
  std::vector<std::string_view> out;
  for (auto rest = f.labels; !rest.empty();) {
    auto comma = rest.find(',');
    out.push_back(rest.substr(0, comma));
    rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return out;
}

std::string metrics_text() {
  constexpr std::string_view types[] = {"counter", "gauge", "histogram"};
  std::string out;
  for (const auto& f : families)
    out.append(f.name)
        .append(" ")
        .append(types[static_cast<std::size_t>(f.type)])
        .append("{")
        .append(f.labels)
        .append("} ")
        .append(f.help)
        .append("\n");
  return out;
}

void duration_histogram::observe(std::chrono::nanoseconds took) noexcept {
  const auto ns = std::max<std::int64_t>(0, took.count());
  const auto bucket = std::lower_bound(bounds_ns.begin(), bounds_ns.end(), ns) - bounds_ns.begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(static_cast<std::uint64_t>(ns), std::memory_order_relaxed);
}

duration_histogram::counts duration_histogram::read() const noexcept {
  counts out;
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    out.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
  out.sum_s = static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) * 1e-9;
  return out;
}

metric_samples::sample& metric_samples::at(metric family,
                                           std::initializer_list<std::string_view> labels) {
  assert(label_names(describe(family)).size() == labels.size());
  return families_[family][texts(labels)];
}

void metric_samples::add(metric family, double value,
                         std::initializer_list<std::string_view> labels) {
  assert(describe(family).type != metric_type::histogram);
  at(family, labels).value += value;
}

void metric_samples::add(metric family, const duration_histogram& h,
                         std::initializer_list<std::string_view> labels) {
  assert(describe(family).type == metric_type::histogram);
  auto& sum = at(family, labels).durations;
  const auto more = h.read();
  for (std::size_t i = 0; i < sum.buckets.size(); ++i) sum.buckets[i] += more.buckets[i];
  sum.sum_s += more.sum_s;
}

const metric_samples::by_labels& metric_samples::of(metric family) const {
  static const by_labels none;
  auto found = families_.find(family);
  return found == families_.end() ? none : found->second;
}

double metric_samples::value(metric family, std::initializer_list<std::string_view> labels) const {
  const auto& samples = of(family);
  auto found = samples.find(texts(labels));
  if (found == samples.end()) return 0;
  const auto& buckets = found->second.durations.buckets;
  return describe(family).type == metric_type::histogram
             ? static_cast<double>(
                   std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0}))
             : found->second.value;
}

}  // namespace nova
