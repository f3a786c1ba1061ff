// Counters of the edge and the times of its requests, one set per I/O thread, written without
// contention and summed when /metrics is read.
#pragma once

#include "gateway/loop/request_times.hpp"

#include <atomic>
#include <cstdint>

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
#define NOVA_GATEWAY_COUNTER(name, help) counter name;
#include "protocols/core/metrics.def"
  request_times times;

  void collect(metric_samples& out) const;
};

}  // namespace nova::gateway
