// The bounded work pool for CPU work that takes too long for an actor (password hashes): own threads, own
// queue; refuses jobs when full. Used by needs.
#pragma once

#include "protocols/core/error.hpp"
#include "protocols/core/metrics.hpp"

#include <any>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

struct job_result {
  std::any value;
  std::optional<error> failed;
};

class job_pool {
 public:
  using done_fn = std::function<void(job_result)>;

  /// `threads` 0: submit runs the job inline, for simulations.
  job_pool(std::uint32_t threads, std::size_t max_queued, std::uint32_t retry_ms);
  ~job_pool();

  /// False when the queue is full. `done` is called once on a pool thread. Errors: `internal` when
  /// `run` threw, `overloaded` when `give_up_at` passed before a thread was free.
  bool submit(std::string_view name, std::function<std::any()> run,
              std::chrono::steady_clock::time_point give_up_at, done_fn done);
  /// Ends the threads. Waiting jobs are answered `unavailable`.
  void stop();
  std::size_t depth() const;
  void collect_metrics(metric_samples& out) const;

 private:
  struct entry {
    std::string_view name;
    std::function<std::any()> run;
    std::chrono::steady_clock::time_point give_up_at;
    done_fn done;
  };
  struct totals {
    std::uint64_t count = 0;
    double seconds = 0;
    std::uint64_t refused = 0;
  };

  void work();
  void execute(entry& e);

  const std::size_t max_queued_;
  const std::uint32_t retry_ms_;
  const bool inline_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<entry> queue_;
  std::unordered_map<std::string_view, totals> totals_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace nova::runtime
