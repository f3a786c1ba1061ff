// Reads of one domain: a few sessions, several reads under way on each, a bounded queue before them. Made by
// postgres_database.cpp; read() is called on any thread, the rest happens on the storage thread. The sessions are read-only.
#pragma once

#include "storage/postgres/postgres_database.hpp"
#include "storage/postgres/session.hpp"
#include "storage/postgres/statement_metrics.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <random>
#include <vector>

namespace nova::storage {

class read_pool : public std::enable_shared_from_this<read_pool> {
 public:
  read_pool(boost::asio::io_context& io, const postgres_options& options, statement_metrics& metrics);
  ~read_pool();

  /// Errors: `overloaded` (queue full), `unavailable` (database away, connection lost, too slow), `internal` (refused SQL).
  void read(statement s, read_callback done);

  void start();
  /// Waits for what is under way, at most settings.stop_ms; then closes.
  void stop(std::function<void()> done);
  bool connected() const noexcept { return connected_ > 0; }

 private:
  using clock = std::chrono::steady_clock;
  struct request {
    statement what;
    read_callback done;
    clock::time_point since;
  };
  class member;

  void woken();
  void dispatch();
  void fail_waiting(const error& e);
  void finish_stop();
  void arm_watch();
  void expire_waiting(clock::time_point now);

  boost::asio::io_context& io_;
  const postgres_options options_;
  statement_metrics& metrics_;
  std::mutex mutex_;
  std::deque<request> arriving_;
  bool wake_posted_ = false;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<unsigned> connected_{0};
  std::atomic<bool> stopping_{false};

  bool failed_ = false;  ///< an attempt to connect has ended badly; before that, reads wait for the first
  std::deque<request> ready_;
  std::vector<std::shared_ptr<member>> members_;
  parameter_buffer params_;
  std::minstd_rand jitter_;
  boost::asio::steady_timer watch_timer_, stop_timer_;
  std::function<void()> stopped_;
};

}  // namespace nova::storage
