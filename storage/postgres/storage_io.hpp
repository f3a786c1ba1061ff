// The storage I/O threads of a process. A database has one of them for good: its sockets and timers live on it, and its callbacks
// run on it. Made first and destroyed last by main.cpp (after every database has called its stop's `done`).
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
  /// 0: a quarter of the cores, at least one and at most most_threads.
  explicit storage_io(std::size_t threads = 1);
  /// Stops the loops and joins the threads; never call it on one of them.
  ~storage_io();
  storage_io(const storage_io&) = delete;
  storage_io& operator=(const storage_io&) = delete;

  /// The first thread's.
  boost::asio::io_context& context() noexcept;
  /// The next in turn, for a database that is opened. One caller at a time.
  boost::asio::io_context& next() noexcept;

 private:
  struct loop;
  std::vector<std::unique_ptr<loop>> loops_;
  std::size_t taken_ = 0;
};

}  // namespace nova::storage
