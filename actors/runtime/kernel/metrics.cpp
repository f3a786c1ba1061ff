// See metrics.hpp.
#include "actors/runtime/kernel/metrics.hpp"

namespace nova::runtime {

class_metrics& metrics::of(std::string_view name) {
  std::lock_guard lock(mutex_);
  for (auto& r : rows_)
    if (r.name == name) return r.counters;
  auto& added = rows_.emplace_back();
  added.name = name;
  return added.counters;
}

duration_histogram& metrics::lag_of(std::string_view consumer, std::string_view source) {
  std::lock_guard lock(mutex_);
  for (auto& l : lags_)
    if (l.consumer == consumer && l.source == source) return l.times;
  auto& added = lags_.emplace_back();
  added.consumer = consumer;
  added.source = source;
  return added.times;
}

void metrics::sample(std::string name, std::function<std::uint64_t()> depth) {
  std::lock_guard lock(mutex_);
  gauges_.push_back({std::move(name), std::move(depth)});
}

void metrics::collect(metric_samples& out) const {
  std::lock_guard lock(mutex_);
  for (const auto& r : rows_) {
    const auto& c = r.counters;
    auto add = [&](metric m, double value) { out.add(m, value, {r.name}); };
#define NOVA_ACTOR_COUNTER(name, help) \
  add(metric::nova_actor_##name##_total, static_cast<double>(c.name.load()));
#include "protocols/core/metrics.def"
    add(metric::nova_actor_handling_seconds_total,
        static_cast<double>(c.handling_ns.load()) * 1e-9);
    add(metric::nova_actor_handling_max_seconds,
        static_cast<double>(c.handling_max_ns.load()) * 1e-9);
    add(metric::nova_actor_active, static_cast<double>(c.active.load()));
    add(metric::nova_actor_letters, static_cast<double>(c.letters.load()));
    add(metric::nova_actor_state_bytes, static_cast<double>(c.bytes.load()));
  }
  for (const auto& g : gauges_)
    out.add(metric::nova_actor_inbox_depth, static_cast<double>(g.read()), {g.name});
  for (const auto& l : lags_)
    out.add(metric::nova_event_lag_seconds, l.times, {l.consumer, l.source});
  out.add(metric::nova_scheduler_probe_seconds, probe);
}

}  // namespace nova::runtime
