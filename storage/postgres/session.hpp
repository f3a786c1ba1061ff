// One asynchronous libpq connection in pipeline mode. Statements are sent prepared and binary; results
// reach the sink in order. Used by lane.cpp and read_pool.cpp; all calls on the storage thread.
#pragma once

#include "storage/postgres/conninfo.hpp"
#include "storage/postgres/wire.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace nova::storage {

/// A number that the sender gives to a statement or sync; the result carries the same number.
using session_tag = std::uint64_t;

class session_sink {
 public:
  virtual ~session_sink() = default;
  virtual void on_open() = 0;
  /// libpq's status. A statement after a failed one of the same sync is PGRES_PIPELINE_ABORTED.
  virtual void on_result(session_tag tag, const pg_result* r) = 0;
  virtual void on_sync(session_tag tag) = 0;
  /// The connection is lost or refused; no more calls follow. Not called after close() or abandon().
  virtual void on_lost(const std::string& reason) = 0;
  /// The server does not answer while connecting. True: the sink has closed or abandoned the session. False: wait once more.
  virtual bool on_silent() = 0;
  /// A WARNING of class 01000. It may come before the results that precede it.
  virtual void on_warning() {}
};

class session : public std::enable_shared_from_this<session> {
 public:
  session(boost::asio::io_context& io, session_sink& sink);
  ~session();

  void open(const keywords& words, std::chrono::milliseconds timeout);
  bool ready() const noexcept { return ready_; }
  /// Drops the connection; the sink is not called any more.
  void close();
  /// Gives up a connection that does not answer, without closing it. A stuck server would not notice the closing, and then
  /// its sessions could not be counted. `gone` is called when the connection answers or ends; the sink is not called any more.
  void abandon(std::function<void()> gone);

  /// Queues one execution of `sql`. The first use prepares the statement under a name of this connection. `identity` is an address
  /// that stands for the statement (its query, or a constant). A parameter has the type of the first value other than NULL
  /// that was sent in its place.
  void execute(const void* identity, std::string_view sql, parameter_buffer& params,
               session_tag tag);
  void sync(session_tag tag);
  /// Asks the server to send its results so far (without a sync).
  void flush_request();
  /// Passes all queued data to the socket. Call once after a burst.
  void flush();
  std::size_t pending() const noexcept { return pending_.size(); }

 private:
  enum class kind : std::uint8_t { prepare, execute, sync };
  struct prepared {
    std::string name, sql;
    std::vector<pg_oid> types;
    bool valid = false;
  };
  struct expected {
    kind what;
    session_tag tag;
    prepared* statement;
    bool answered = false;
  };

  void poll_connect();
  void watch_read();
  void watch_write();
  void read_results();
  void deliver(const pg_result* r);
  void opened();
  void lost(const std::string& reason);
  void bind_socket();
  void arm_deadline();
  bool over_when_abandoned();
  bool outdated(const prepared& p, std::string_view sql, const parameter_buffer& params) const;
  void prepare(prepared& p, std::string_view sql, const parameter_buffer& params, session_tag tag);

  boost::asio::io_context& io_;
  session_sink* sink_;
  pg_conn* connection_ = nullptr;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer deadline_;
  std::chrono::milliseconds patience_{0};  ///< time limit for one look at a connection attempt
  std::function<void()> gone_;             ///< set while abandoned
  bool ready_ = false;
  bool writing_ = false;
  std::uint64_t names_ = 0;
  std::unordered_map<const void*, prepared> prepared_;
  std::deque<expected> pending_;
};

}  // namespace nova::storage
