// When sockets are written to: answers at once, pushes in rounds whose distance grows with what
// they cost, so that under load several frames leave in one system call. Owned by io_thread.
#pragma once

#include "protocols/core/bus.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <vector>

namespace nova::gateway {

class flush_schedule {
 public:
  /// `flush` writes what waits for a connection, if it is still there; the frames that were written
  /// whole.
  flush_schedule(boost::asio::io_context& context,
                 std::function<std::size_t(rpc::connection_id)> flush);

  /// When what is being handled is done.
  void soon(rpc::connection_id id);
  /// With the next round. After a round that wrote several frames at once to many of its sockets the
  /// thread rests from pushes for as long as it took, for up to `most_patience` times that while
  /// rounds go on joining frames, and never longer than `longest_rest`. Where nothing was joined, as
  /// with one message under way, the next round begins at once.
  void with_round(rpc::connection_id id);

  static constexpr int most_patience = 8;
  static constexpr auto longest_rest = std::chrono::milliseconds(10);
  /// A shorter wait is not worth a timer.
  static constexpr auto shortest_rest = std::chrono::microseconds(200);

 private:
  using clock = std::chrono::steady_clock;
  struct batch {
    std::vector<rpc::connection_id> ids;
    std::size_t done = 0, frames = 0;  ///< ids flushed, frames that left
    bool posted = false;
    void clear();
  };
  /// Flushes a slice of the batch, so that others get their turn; true when it is through.
  bool flush_some(batch& b);
  void flush_soon();
  void begin_round();
  void flush_round();

  boost::asio::io_context& context_;
  std::function<std::size_t(rpc::connection_id)> flush_;
  boost::asio::steady_timer rest_{context_};
  batch soon_, round_;
  clock::time_point began_{}, next_{};
  int patience_ = 0;
};

}  // namespace nova::gateway
