// Counters of one domain's database, per named statement and for the lane. Written on the storage thread, read by
// collect_metrics from any thread.
#pragma once

#include "protocols/core/metrics.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace nova::storage {

class statement_metrics {
 public:
  explicit statement_metrics(std::string domain) : domain_(std::move(domain)) {}

  /// Records `executions` of one named statement. `took`: a read's time from sending to result, or a write's share of its batch.
  void record(std::string_view query, std::uint64_t executions, std::chrono::nanoseconds took);
  void record_error(std::string_view query);
  /// `age`: the time since the batch was sent.
  void record_batch(std::uint64_t units, std::chrono::nanoseconds age);

  std::atomic<std::uint64_t> batches_failed{0};  ///< rolled back and split or sent again
  std::atomic<std::uint64_t> renewals{0};        ///< batches without units
  std::atomic<std::uint64_t> reconnects{0};  ///< of all connections, the first connect not counted
  std::atomic<std::uint64_t> units_refused{0};  ///< conflict, rejected, aborted
  std::atomic<std::uint64_t> reads_refused{0};  ///< wait queue full
  std::atomic<std::uint64_t> reads_waiting{0};
  std::atomic<std::uint64_t> units_waiting{0};
  std::atomic<std::uint64_t> units_parked{0};  ///< tries that met a lock of another session
  std::atomic<std::uint64_t> units_waiting_for_locks{0};  ///< now

  void collect(metric_samples& out) const;

 private:
  struct counters {
    std::uint64_t count = 0, errors = 0;
    double seconds = 0;
  };
  std::string domain_;
  mutable std::mutex mutex_;
  std::map<std::string, counters, std::less<>> statements_;
  std::uint64_t batches_ = 0, units_ = 0;
  double batch_seconds_ = 0;
  duration_histogram commits_;
};

}  // namespace nova::storage
