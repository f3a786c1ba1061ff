// Counters of the edge, one set per I/O thread, written without contention and summed when /metrics
// is read.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>

namespace nova::gateway {

/// One writer (its I/O thread), any number of readers.
class counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct alignas(64) metrics {
#define NOVA_COUNTER(name, help) counter name;
#include "gateway/loop/metrics.def"
#undef NOVA_COUNTER
};

/// Appends Prometheus text: the sums, each as nova_gateway_<name>.
void write_metrics(std::span<const metrics* const> threads, std::string& out);

}  // namespace nova::gateway
