// Counters per class of actor ("entity:messaging.conversation", "shard:auth", "courier", …) as
// Prometheus text. Written by the runtime's actors from any thread, read by node::write_metrics.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace nova::runtime {

struct class_metrics {
  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::uint64_t> handling_ns{0};
  std::atomic<std::uint64_t> handling_max_ns{0};
  std::atomic<std::uint64_t> crashes{0};
  std::atomic<std::uint64_t> restarts{0};
  std::atomic<std::uint64_t> activations{0};
  std::atomic<std::uint64_t> passivations{0};
  std::atomic<std::uint64_t> stash_overflows{0};
  std::atomic<std::uint64_t> inbox_overflows{0};
  std::atomic<std::uint64_t> conflicts{0};
  std::atomic<std::uint64_t> deadlines_missed{0};
  std::atomic<std::uint64_t> dead_letters{0};
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

/// Latency of the scheduler: how long a small actor waits for its turn.
struct probe_metrics {
  static constexpr std::array<double, 8> bounds_s{0.0001, 0.001, 0.005, 0.02, 0.1, 0.5, 2, 10};
  std::array<std::atomic<std::uint64_t>, 9> buckets{};
  std::atomic<std::uint64_t> sum_ns{0};
  std::atomic<std::int64_t> last_ns{0};
  void observe(std::int64_t ns);
};

class metrics {
 public:
  /// The class's counters; made on first use, valid as long as `metrics`. Any thread.
  class_metrics& of(std::string_view name);
  probe_metrics probe;
  /// Adds a sampled gauge (mailbox depths): called while writing.
  void sample(std::string name, std::function<std::uint64_t()> depth);
  void write(std::string& out) const;

 private:
  struct row {
    std::string name;
    class_metrics counters;
  };
  struct gauge {
    std::string name;
    std::function<std::uint64_t()> read;
  };
  mutable std::mutex mutex_;
  std::deque<row> rows_;
  std::deque<gauge> gauges_;
};

}  // namespace nova::runtime
