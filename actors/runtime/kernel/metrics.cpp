// See metrics.hpp.
#include "actors/runtime/kernel/metrics.hpp"

#include <iterator>
#include <map>

#include <spdlog/fmt/fmt.h>

namespace nova::runtime {

void probe_metrics::observe(std::int64_t ns) {
  std::size_t i = 0;
  while (i < bounds_s.size() && ns > bounds_s[i] * 1e9) ++i;
  class_metrics::count(buckets[i]);
  class_metrics::count(sum_ns, static_cast<std::uint64_t>(ns));
  last_ns.store(ns, std::memory_order_relaxed);
}

class_metrics& metrics::of(std::string_view name) {
  std::lock_guard lock(mutex_);
  for (auto& r : rows_)
    if (r.name == name) return r.counters;
  auto& added = rows_.emplace_back();
  added.name = name;
  return added.counters;
}

void metrics::sample(std::string name, std::function<std::uint64_t()> depth) {
  std::lock_guard lock(mutex_);
  gauges_.push_back({std::move(name), std::move(depth)});
}

namespace {

using out_iterator = std::back_insert_iterator<std::string>;

struct counter_row {
  const char* name;
  std::atomic<std::uint64_t> class_metrics::*value;
};

constexpr counter_row counters[] = {
    {"nova_actor_handled_total", &class_metrics::handled},
    {"nova_actor_crashes_total", &class_metrics::crashes},
    {"nova_actor_restarts_total", &class_metrics::restarts},
    {"nova_actor_activations_total", &class_metrics::activations},
    {"nova_actor_passivations_total", &class_metrics::passivations},
    {"nova_actor_stash_overflows_total", &class_metrics::stash_overflows},
    {"nova_actor_inbox_overflows_total", &class_metrics::inbox_overflows},
    {"nova_actor_conflicts_total", &class_metrics::conflicts},
    {"nova_actor_deadlines_missed_total", &class_metrics::deadlines_missed},
    {"nova_actor_dead_letters_total", &class_metrics::dead_letters},
};

void write_probe(out_iterator o, const probe_metrics& p) {
  fmt::format_to(o, "# TYPE nova_scheduler_probe_seconds histogram\n");
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < p.bounds_s.size(); ++i) {
    sum += p.buckets[i].load();
    fmt::format_to(o, "nova_scheduler_probe_seconds_bucket{{le=\"{}\"}} {}\n", p.bounds_s[i], sum);
  }
  sum += p.buckets.back().load();
  fmt::format_to(o, "nova_scheduler_probe_seconds_bucket{{le=\"+Inf\"}} {}\n", sum);
  fmt::format_to(o, "nova_scheduler_probe_seconds_sum {}\n", p.sum_ns.load() * 1e-9);
  fmt::format_to(o, "nova_scheduler_probe_seconds_count {}\n", sum);
}

}  // namespace

void metrics::write(std::string& out) const {
  auto o = std::back_inserter(out);
  std::lock_guard lock(mutex_);
  for (const auto& c : counters) {
    fmt::format_to(o, "# TYPE {} counter\n", c.name);
    for (const auto& r : rows_)
      fmt::format_to(o, "{}{{class=\"{}\"}} {}\n", c.name, r.name, (r.counters.*c.value).load());
  }
  fmt::format_to(o, "# TYPE nova_actor_handling_seconds_total counter\n");
  for (const auto& r : rows_)
    fmt::format_to(o, "nova_actor_handling_seconds_total{{class=\"{}\"}} {}\n", r.name,
                   r.counters.handling_ns.load() * 1e-9);
  fmt::format_to(o, "# TYPE nova_actor_handling_max_seconds gauge\n");
  for (const auto& r : rows_)
    fmt::format_to(o, "nova_actor_handling_max_seconds{{class=\"{}\"}} {}\n", r.name,
                   r.counters.handling_max_ns.load() * 1e-9);
  fmt::format_to(o, "# TYPE nova_actor_active gauge\n");
  for (const auto& r : rows_)
    fmt::format_to(o, "nova_actor_active{{class=\"{}\"}} {}\n", r.name, r.counters.active.load());
  fmt::format_to(o, "# TYPE nova_actor_letters gauge\n");
  for (const auto& r : rows_)
    fmt::format_to(o, "nova_actor_letters{{class=\"{}\"}} {}\n", r.name, r.counters.letters.load());
  fmt::format_to(o, "# TYPE nova_actor_state_bytes gauge\n");
  for (const auto& r : rows_)
    fmt::format_to(o, "nova_actor_state_bytes{{class=\"{}\"}} {}\n", r.name,
                   r.counters.bytes.load());
  fmt::format_to(o, "# TYPE nova_actor_inbox_depth gauge\n");
  for (const auto& g : gauges_)
    fmt::format_to(o, "nova_actor_inbox_depth{{class=\"{}\"}} {}\n", g.name, g.read());
  write_probe(o, probe);
}

}  // namespace nova::runtime
