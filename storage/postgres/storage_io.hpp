// The storage I/O threads of a process. A database stays on one thread: its sockets and timers live there, and its callbacks
// run there. Made first and destroyed last by main.cpp, after every database has called its stop's `done`.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace nova::storage {

class storage_io {
 public:
  static constexpr std::size_t most_threads = 8;
  /// 0: a quarter of the cores, but at least one and at most most_threads.
  explicit storage_io(std::size_t threads = 1);
  /// Stops the loops and joins the threads. Never destroy it on one of these threads.
  ~storage_io();
  storage_io(const storage_io&) = delete;
  storage_io& operator=(const storage_io&) = delete;

  /// The loop of the first thread.
  boost::asio::io_context& context() noexcept;
  /// The loop of the next thread in turn, for a new database. One caller at a time.
  boost::asio::io_context& next() noexcept;

 private:
  struct loop;
  std::vector<std::unique_ptr<loop>> loops_;
  std::size_t taken_ = 0;
};

}  // namespace nova::storage
