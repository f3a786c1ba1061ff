// One I/O thread: its io_context, the connections on it, their deadlines, and the inbox for
// posts of other threads. Many posts cause one wake-up. A connection stays on its thread
// for life, so it needs no locks.
#pragma once

#include "gateway/loop/flush_schedule.hpp"
#include "gateway/loop/frame.hpp"
#include "gateway/loop/limits.hpp"
#include "gateway/loop/metrics.hpp"
#include "protocols/core/bus.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nova::gateway {

using time_point = std::chrono::steady_clock::time_point;

/// A push with its frames, made on first need, shared by all sockets of the thread.
class delivery {
 public:
  explicit delivery(rpc::push_ptr p) : push_(std::move(p)) {}
  const frame& text();
  const frame& binary();

 private:
  rpc::push_ptr push_;
  frame text_, binary_;
};

class socket_session;

/// A connection as its thread sees it. All calls are made on that thread.
class connection {
 public:
  virtual ~connection() = default;
  virtual void on_deadline(time_point now) = 0;
  virtual void on_push(delivery&) {}
  /// Writes the waiting frames. Returns the number of frames that are now written whole.
  virtual std::size_t flush() { return 0; }
  virtual void shut(rpc::close_code, std::string_view) {}
  virtual bool belongs_to(const uuid&) const { return false; }
  virtual socket_session* session() { return nullptr; }
  /// The server stops: take no new requests and end soon.
  virtual void drain() = 0;
  /// The server's time limit is over: end now.
  virtual void cut() = 0;
};

/// An object that may outlive the server (for example a reply that the bus still holds) keeps a weak reference.
class io_thread : public std::enable_shared_from_this<io_thread> {
 public:
  explicit io_thread(unsigned index);

  boost::asio::io_context& context() noexcept { return context_; }
  metrics& counts() noexcept { return counts_; }

  /// Runs until stop(). The thread itself calls this.
  void run();
  void stop();

  // From any thread.
  void post(std::function<void()> task);
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to, rpc::push_ptr p);
  static unsigned thread_of(rpc::connection_id id) noexcept {
    return static_cast<unsigned>(id >> thread_shift);
  }

  // From this thread.
  rpc::connection_id add(std::shared_ptr<connection> c);
  void replace(rpc::connection_id id, std::shared_ptr<connection> c);
  void remove(rpc::connection_id id);
  connection* find(rpc::connection_id id) noexcept;
  /// Sets the deadline; on_deadline() is called within one tick after `at`. Replaces an earlier deadline.
  void set_deadline(rpc::connection_id id, time_point at);
  /// Decides when flush() of a connection is called, so that frames leave together.
  flush_schedule& flushes() noexcept { return flushes_; }
  /// Limits the rate of log lines that clients can cause.
  bool may_log() { return log_rate_.take(std::chrono::steady_clock::now()); }
  /// The same for failed sign-ins, which no flood of other records may hide.
  bool may_log_sign_in() { return sign_in_rate_.take(std::chrono::steady_clock::now()); }
  void for_each(const std::function<void(connection&)>& f);
  std::size_t size() const noexcept { return used_; }

  static constexpr auto tick = std::chrono::milliseconds(50);

 private:
  struct slot {
    std::shared_ptr<connection> held;
    time_point deadline = time_point::max();
    std::uint32_t generation = 0;
  };
  struct message {
    std::function<void()> task;  ///< null: a delivery
    std::shared_ptr<const std::vector<rpc::connection_id>> to;
    rpc::push_ptr push;
  };
  /// The highest 16 bits of an id stay zero; see rpc::connection_id.
  static constexpr unsigned slot_bits = 24, thread_shift = 42;
  static constexpr std::uint32_t generations = 1u << (thread_shift - slot_bits);
  rpc::connection_id id_of(std::size_t index) const noexcept;
  slot* slot_of(rpc::connection_id id) noexcept;
  void enqueue(message m);
  void drain_inbox();
  std::size_t flush(rpc::connection_id id);
  void arm_tick();  ///< while there are connections
  void on_tick();

  const unsigned index_;
  boost::asio::io_context context_{1};
  boost::asio::steady_timer timer_{context_};
  bool running_ = false;  ///< false in a simulation, which keeps its own time
  bool ticking_ = false;
  metrics counts_;
  token_bucket log_rate_{20, 100}, sign_in_rate_{20, 100};  ///< lines a second; lines at once
  std::vector<slot> slots_;
  std::deque<std::uint32_t> free_;
  std::size_t used_ = 0;
  flush_schedule flushes_{context_, [this](rpc::connection_id id) { return flush(id); }};
  std::mutex inbox_mutex_;
  std::vector<message> inbox_;
  bool inbox_posted_ = false;
};

}  // namespace nova::gateway
