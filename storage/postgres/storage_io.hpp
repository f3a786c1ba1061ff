// The one storage I/O thread of a process: all databases' sockets and timers live on it, and callbacks run on it.
// Made first and destroyed last by main.cpp (after every database has called its stop's `done`).
#pragma once

#include <memory>

namespace boost::asio {
class io_context;
}

namespace nova::storage {

class storage_io {
 public:
  storage_io();
  /// Stops the loop and joins the thread; never call it on that thread.
  ~storage_io();
  storage_io(const storage_io&) = delete;
  storage_io& operator=(const storage_io&) = delete;

  boost::asio::io_context& context() noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace nova::storage
