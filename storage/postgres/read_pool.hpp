// Reads of one domain, on read-only sessions. Quick reads share several connections and are pipelined. Slow reads (a query that
// says so, or was seen to be slow) use a few other connections, one read at a time; there accounts take turns.
// Made by postgres_database.cpp; read() is called on any thread, the rest happens on the storage thread.
#pragma once

#include "storage/postgres/host_turns.hpp"
#include "storage/postgres/postgres_database.hpp"
#include "storage/postgres/read_queue.hpp"
#include "storage/postgres/session.hpp"
#include "storage/postgres/statement_metrics.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <random>
#include <unordered_map>
#include <vector>

namespace nova::storage {

class read_pool : public std::enable_shared_from_this<read_pool> {
 public:
  read_pool(boost::asio::io_context& io, const postgres_options& options,
            statement_metrics& metrics);
  ~read_pool();

  /// Errors: `overloaded` (queue or account's share full), `unavailable` (database away, connection lost, too slow, table
  /// locked), `internal` (refused SQL).
  void read(statement s, read_callback done);

  void start();
  /// The server was found silent: all sessions go to another host of the connection string. Storage thread only.
  void leave_server();
  /// Waits at most settings.stop_ms for the reads under way; then closes.
  void stop(std::function<void()> done);
  bool connected() const noexcept { return connected_ > 0; }

 private:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;
  class member;
  /// Quick or slow reads: the waiting reads and their connections.
  struct section {
    read_queue waiting;
    std::vector<std::shared_ptr<member>> members;
    std::size_t per_connection = 1;
    std::uint32_t timeout_ms = 0;
    std::string_view options = {};  ///< of its sessions, for the server
  };
  /// Measurements of a query, by its name.
  struct experience {
    double expected_ms = 0;      ///< of one read, a moving average
    clock::time_point closed{};  ///< until then the query is not tried, because its table is locked
    milliseconds pause{0};
  };

  void woken();
  void admit(waiting_read r);
  void dispatch();
  void dispatch(section& s);
  member* place(section& s, clock::time_point now);
  void learn(const query& q, std::chrono::nanoseconds took, bool locked);
  void fail_waiting(const error& e);
  void finish_stop();
  void watch();
  void arm_watch();
  void expire_waiting(clock::time_point now);
  void refuse(waiting_read r, const error& why);

  boost::asio::io_context& io_;
  const postgres_options options_;
  statement_metrics& metrics_;
  std::mutex mutex_;
  std::deque<waiting_read> arriving_;
  bool wake_posted_ = false;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<unsigned> connected_{0};
  std::atomic<bool> stopping_{false};

  bool failed_ =
      false;  ///< an attempt to connect has failed; before the first failure, reads wait for the connection
  bool watching_ = false;
  section quick_, slow_;
  std::unordered_map<const query*, experience> known_;
  parameter_buffer params_;
  std::minstd_rand jitter_;
  boost::asio::steady_timer watch_timer_, stop_timer_;
  std::function<void()> stopped_;
};

}  // namespace nova::storage
