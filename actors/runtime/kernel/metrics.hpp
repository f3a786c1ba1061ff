// Counters per class of actor ("entity:messaging.conversation", "shard:auth", "courier", …) and the
// runtime's histograms. Written by the runtime's actors from any thread, read by node::collect_metrics.
#pragma once

#include "protocols/core/metrics.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace nova::runtime {

struct class_metrics {
#define NOVA_ACTOR_COUNTER(name, help) std::atomic<std::uint64_t> name{0};
#include "protocols/core/metrics.def"
  std::atomic<std::uint64_t> handling_ns{0};
  std::atomic<std::uint64_t> handling_max_ns{0};
  std::atomic<std::int64_t> letters{0};  ///< dead letters in the table now
  std::atomic<std::int64_t> active{0};
  std::atomic<std::int64_t> bytes{0};

  void handled_in(std::int64_t ns) {
    count(handled);
    count(handling_ns, static_cast<std::uint64_t>(ns));
    auto max = handling_max_ns.load(std::memory_order_relaxed);
    while (static_cast<std::uint64_t>(ns) > max &&
           !handling_max_ns.compare_exchange_weak(max, ns, std::memory_order_relaxed)) {
    }
  }
  static void count(std::atomic<std::uint64_t>& c, std::uint64_t n = 1) {
    c.fetch_add(n, std::memory_order_relaxed);
  }
};

class metrics {
 public:
  /// The counters of the class; made on first use. Valid as long as `metrics`. Any thread.
  class_metrics& of(std::string_view name);
  duration_histogram probe;  ///< how long a small actor waits for its turn
  /// The lag of `consumer` behind `source`; made on first use. Valid as long as `metrics`. Any thread.
  duration_histogram& lag_of(std::string_view consumer, std::string_view source);
  /// Adds a gauge (mailbox depths) that collect reads.
  void sample(std::string name, std::function<std::uint64_t()> depth);
  void collect(metric_samples& out) const;

 private:
  struct row {
    std::string name;
    class_metrics counters;
  };
  struct lag {
    std::string consumer, source;
    duration_histogram times;
  };
  struct gauge {
    std::string name;
    std::function<std::uint64_t()> read;
  };
  mutable std::mutex mutex_;
  std::deque<row> rows_;
  std::deque<lag> lags_;
  std::deque<gauge> gauges_;
};

}  // namespace nova::runtime
