// The only interface between the gateway and the rest of Nova. Calls go in through `bus`; pushes and closes come out
// through `push_sink`. Composed in gateway/main.cpp. Messages are passed as objects, not serialised.
#pragma once

#include "protocols/core/ids.hpp"
#include "protocols/core/method.hpp"
#include "protocols/core/metrics.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nova::rpc {

/// Names one open socket of one gateway process, for at least 262,143 further sockets; 16 high bits name its node inside the runtime.
using connection_id = std::uint64_t;

/// The caller of a method, as the gateway has authenticated it.
struct caller {
  caller_kind kind =
      caller_kind::anonymous;  ///< anonymous, user or node; the entity itself checks all roles
  uuid account{};
  uuid session{};
  connection_id connection = 0;  ///< 0: over HTTP
  std::string address;           ///< textual remote address
  std::string user_agent;
};

using reply_result = result<message_ptr>;
/// Called exactly once, on any thread, and must not block.
using reply_fn = std::function<void(reply_result)>;

struct call {
  const rpc::method* method = nullptr;
  rpc::caller caller;
  std::string request_id;
  std::string idempotency_key;  ///< empty: none
  std::string key = {};  ///< of the entity, where the router knows it already; empty: it finds it
  std::chrono::steady_clock::time_point deadline;
  message_ptr request;
  reply_fn reply;
};

/// A notification on its way to sockets. It is serialised at most once per encoding, for any number of receivers.
class push {
 public:
  push(const push_type& type, message_ptr body) : type_(type), body_(std::move(body)) {}
  const push_type& type() const noexcept { return type_; }
  const message& body() const noexcept { return *body_; }
  /// `{"jsonrpc":"2.0","method":…,"params":…}`; made on first use, thread-safe.
  const std::string& json() const;
  /// nova.session.Frame with a push inside, binary; made on first use, thread-safe.
  const std::string& binary() const;

 private:
  const push_type& type_;
  message_ptr body_;
  mutable std::mutex making_;  ///< a once_flag would cost a system call a push
  mutable std::string json_, binary_;
};
using push_ptr = std::shared_ptr<const push>;

/// WebSocket close codes of the contract.
enum class close_code : std::uint16_t {
  going_away = 1001,
  policy = 1008,
  too_big = 1009,
  restart = 1012,
  too_slow = 4008,
  unauthenticated = 4401,
  replaced = 4409,
};

/// Implemented by the gateway. Thread-safe, never blocks.
class push_sink {
 public:
  virtual ~push_sink() = default;
  /// Appends `p` to each socket's queue and skips unknown connections. The order per caller and connection is kept.
  virtual void deliver(std::shared_ptr<const std::vector<connection_id>> to, push_ptr p) = 0;
  virtual void close(connection_id connection, close_code code, std::string reason) = 0;
  /// Closes (4401) every socket of the session and refuses its access tokens until `until`.
  virtual void revoke_session(const uuid& session, unix_ms until) = 0;
};

/// A socket that wants its account's pushes.
struct attachment {
  connection_id connection = 0;
  uuid account{};
  uuid session{};
  uuid lineage{};    ///< kept by resumes: a second socket of one lineage replaces the first (4409)
  bool echo = true;  ///< false: pushes that this connection caused are not sent to it
  /// When the resume that opened the socket was read, later than its token was made by any clock; 0: opened without one. On other nodes
  /// the socket replaces those of its lineage with a lower value only.
  unix_ms resumed_at = 0;
};

/// Implemented by the runtime. Thread-safe, never blocks.
class bus {
 public:
  virtual ~bus() = default;
  /// Routes a call to its entity. `c.reply` is called once, some ms after `c.deadline` at the latest.
  virtual void call(rpc::call c) = 0;
  /// After `attached` is called, every push that is committed for the account reaches the connection.
  virtual void attach(attachment a, std::function<void(result<void>)> attached) = 0;
  virtual void detach(connection_id connection, const uuid& account) = 0;
  /// True when every domain of this node can serve (leases held, databases up).
  virtual bool ready() const = 0;
  /// Adds the samples of the runtime and of storage.
  virtual void collect_metrics(metric_samples& out) const = 0;
};

}  // namespace nova::rpc
