// Times of the declared methods, by method and HTTP status. Written by one I/O thread, read by
// any.
#pragma once

#include "protocols/core/method.hpp"
#include "protocols/core/metrics.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace nova::gateway {

class request_times {
 public:
  request_times();
  ~request_times();

  /// Leaves out statuses that no declared method answers. A call on a socket counts with its error's
  /// HTTP status, or 200.
  void observe(const rpc::method& method, int status, std::chrono::nanoseconds took);
  void collect(metric_samples& out) const;

 private:
  /// By method (its index in all_methods()) and status; made on first use.
  std::vector<std::atomic<duration_histogram*>> cells_;
};

}  // namespace nova::gateway
