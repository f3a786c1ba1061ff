// A WebSocket's session with the rest of Nova: its caller, its attachment, its calls, and
// session.open with resume. session.open fixes the order answer, missed, held, live. The transport is
// websocket_connection, which owns the session; all runs on its thread.
#pragma once

#include "gateway/codec/rpc_codec.hpp"
#include "gateway/loop/io_thread.hpp"
#include "gateway/session/edge.hpp"
#include "gateway/session/request_log.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nova::gateway {

/// A place among the sockets that have not authenticated yet.
class unauthenticated_place {
 public:
  unauthenticated_place() = default;
  explicit unauthenticated_place(limits& counts) : counts_(&counts) {}
  unauthenticated_place(unauthenticated_place&& o) noexcept
      : counts_(std::exchange(o.counts_, nullptr)) {}
  unauthenticated_place& operator=(unauthenticated_place&& o) noexcept {
    std::swap(counts_, o.counts_);
    return *this;
  }
  ~unauthenticated_place() { leave(); }
  void leave() noexcept {
    if (counts_) std::exchange(counts_, nullptr)->leave_unauthenticated();
  }

 private:
  limits* counts_ = nullptr;
};

/// The socket's functions for its session.
class session_socket {
 public:
  virtual ~session_socket() = default;
  virtual void send_push(frame f) = 0;
  virtual void send_answer(frame f) = 0;
  virtual void end_with(rpc::close_code code, std::string_view reason) = 0;
  /// A call under way is answered, so calls may be read again.
  virtual void settled() = 0;
  /// False while so much waits to be written that the rest of a resume is held back. Then the session's on_room() follows.
  virtual bool has_room() const = 0;
  /// The client's system has confirmed all that was written: it has not closed its end.
  virtual bool all_received() = 0;
  /// The address of this end as scheme://host:port; empty: not known.
  virtual std::string local_origin() { return {}; }
};

class socket_session {
 public:
  /// `address` of the client must outlive the session.
  socket_session(edge& e, io_thread& thread, session_socket& socket, rpc::connection_id id,
                 encoding enc, const std::string& address);

  /// Called after the handshake, with the principal of its bearer header, if any.
  void start(std::optional<principal> who, unauthenticated_place place);
  /// Takes a call as it was read, valid or not. Answers now or later. Not allowed while full().
  void handle(incoming_call call);
  /// True while session.open or the maximum of other calls is under way.
  bool full() const noexcept {
    return opening_ || inflight_ >= edge_.settings.max_inflight_per_socket;
  }
  /// Null before authentication.
  const principal* who() const noexcept { return who_ ? &*who_ : nullptr; }
  void on_push(delivery& d);
  /// The socket has written something.
  void on_room() {
    if (!replay_.empty()) send_missed(false);
  }
  /// The client has answered a ping with these bytes.
  void on_pong(std::string_view payload);
  /// The socket closes: nothing is sent or called back any more.
  void end();
  time_point deadline() const;
  void on_deadline(time_point now);

 private:
  struct beginning {
    uuid request_id{};
    time_point time{};
  };
  struct open_attempt {
    incoming_call call;
    beginning began;
    bool resumed = false;
    uuid lineage{};
    unix_ms read_at = 0;
    unix_ms since = 0;  ///< when the resume token was made; 0: not resumed
    uuid marks_of{};    ///< the auth session whose marks say which messages were seen
    std::vector<rpc::message_ptr> missed;  ///< the answers of edge::resuming, in its order
    std::size_t unanswered = 0;
    std::optional<error> failure;
  };
  result<void> admit(const rpc::method& method, time_point now);
  void issue(incoming_call call, time_point began);
  /// Answers with the reason why the call cannot be carried out.
  void refuse(const incoming_call& call, const call_failure& failure);
  /// Answers that a rate is used up. Ends the socket when this is abuse.
  void refuse_for_rate(const incoming_call& call, const error& e);
  void answered(const std::string& id, const rpc::method& method, const rpc::reply_result& reply,
                const beginning& at);
  /// The reply as this client is told it: addresses of this Nova are whole.
  rpc::message_ptr told(const rpc::method& method, const rpc::message_ptr& reply);
  /// Writes the call's line of the request log.
  void note(const rpc::method* method, int status, std::chrono::nanoseconds took,
            const uuid& request_id, const std::optional<begun_session>& begun = std::nullopt);
  std::string next_request_id();
  /// A socket with a bearer header calls without session.open. Sends the pushes that were held for session.open.
  void first_call_came();
  void open(incoming_call call);
  void verified(const result<principal>& p);
  void adopt(const principal& p);
  void begin_open();
  void attach(const uuid& lineage, std::function<void(const result<void>&)> then);
  /// This socket takes the place of the others of its lineage. Not before its client has shown that it has the answer to
  /// session.open: a node that stood still, or bytes that were sent again, may bring the session.open of a client that has given up
  /// and lives on another socket.
  void replace_others();
  void ask_missed();
  void missed(std::size_t of, const rpc::reply_result& reply);
  void answer_open();
  /// Sends the debts of a resume as far as the socket has room, or all of it; behind it the pushes that were held. A resume is larger
  /// than a socket's queue may be: sent at once, it would close the socket as too slow, and so would each resume after it.
  void send_missed(bool all);
  void fail_open(const error& e);
  void release_held();
  /// A callback for other threads. On this socket's thread it calls `f(session, answer)`, or
  /// `gone(edge)` if the socket is no longer there.
  template <class F, class Gone>
  auto on_own_thread(F f, Gone gone);

  edge& edge_;
  io_thread& thread_;
  session_socket& socket_;
  const rpc::connection_id id_;
  const encoding encoding_;
  const std::string& address_;
  bool ended_ = false, attached_ = false, holding_ = false, echo_ = true;
  unsigned failed_opens_ = 0, inflight_ = 0;
  socket_rate rate_;
  uuid last_request_id_{};
  std::optional<principal> who_;
  unauthenticated_place place_;
  uuid lineage_{};
  unix_ms resumed_at_ = 0;  ///< as in rpc::attachment
  std::string sign_;        ///< the pong to the ping behind the answer; empty: none is due
  time_point open_by_ = time_point::max(), hold_until_ = time_point::max(),
             expires_ = time_point::max(), look_at_ = time_point::max();
  std::unique_ptr<open_attempt> opening_;
  std::vector<frame> held_;
  std::size_t held_bytes_ = 0;
  /// Debts of a resume that are not sent yet, the next one last; of that one, from replay_at_ on.
  std::vector<rpc::message_ptr> replay_;
  int replay_at_ = 0;
};

}  // namespace nova::gateway
