// One thread that drives any number of client sockets and timers. Owned by a test or a bench; sessions run on it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace nova::client {

class io_thread {
 public:
  io_thread();
  /// Stops the loop and joins; what was still queued is dropped.
  ~io_thread();
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;

  boost::asio::io_context& context() noexcept;

  /// From any thread; never runs `work` before it returns.
  void post(std::function<void()> work);

  /// Runs `work` on the thread and waits for it. Not from the thread itself.
  void run(const std::function<void()>& work);

  /// Runs `work` on the thread once the delay has passed. From any thread.
  void after(std::chrono::microseconds delay, std::function<void()> work);

  /// Looks on the thread each 5 ms, and blocks until the condition holds or the time is over. Not from the thread itself.
  bool wait(const std::function<bool()>& condition, std::chrono::milliseconds within);

  /// CPU time that the thread has used so far.
  double cpu_seconds() const;

 private:
  struct body;
  std::unique_ptr<body> body_;
};

}  // namespace nova::client
