// Threads for work that waits for a disk. Bounded; made by server, used by transfers and by answers from files.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace nova::gateway {

class file_threads {
 public:
  /// `max_queued`: works that wait for a thread.
  file_threads(unsigned threads, std::size_t max_queued);
  ~file_threads();
  file_threads(const file_threads&) = delete;
  file_threads& operator=(const file_threads&) = delete;

  /// False when the queue is full or the threads end; the work is not done then. Any thread.
  bool submit(std::function<void()> work);
  /// Runs the queued works, then ends the threads.
  void stop();

 private:
  void run();

  const std::size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace nova::gateway
