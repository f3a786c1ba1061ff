// The times of writes to sockets. Answers are written at once. Pushes are written in rounds; under load the rounds
// are further apart, so several frames leave in one system call. Owned by io_thread.
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
  /// `flush` writes the waiting frames of a connection, if it still exists. It returns the number of frames
  /// written whole.
  flush_schedule(boost::asio::io_context& context,
                 std::function<std::size_t(rpc::connection_id)> flush);

  /// Flushes the connection after the current handler.
  void soon(rpc::connection_id id);
  /// Flushes the connection with the next round. A round that wrote several frames at once to many of its
  /// sockets doubles a factor, up to `most_patience`; any other round halves it, down to 0. After a round
  /// the thread rests from pushes for the round's time multiplied by the factor, at most `longest_rest`.
  /// With factor 0, as with one message under way, the next round begins at once.
  void with_round(rpc::connection_id id);

  static constexpr int most_patience = 8;
  static constexpr auto longest_rest = std::chrono::milliseconds(10);
  /// A shorter wait is not worth a timer.
  static constexpr auto shortest_rest = std::chrono::microseconds(200);

 private:
  using clock = std::chrono::steady_clock;
  struct batch {
    std::vector<rpc::connection_id> ids;
    std::size_t done = 0, frames = 0;  ///< ids flushed, frames written whole
    bool posted = false;
    void clear();
  };
  /// Flushes a slice of the batch, so that other work gets its turn. True when the batch is done.
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
