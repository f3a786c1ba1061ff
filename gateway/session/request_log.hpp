// The request log: one record for each request on HTTP and for each call on a socket. Used by http_connection and socket_session.
#pragma once

#include "protocols/core/ids.hpp"
#include "protocols/core/method.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace nova::gateway {

class io_thread;

/// True for a call that proves a password and begins a session: anyone may call it, it costs a password's hash, and its reply has
/// account_id and session_id.
bool signs_in(const rpc::method& method);

/// The session that a sign-in has begun.
struct begun_session {
  uuid account, session;
};
/// Empty: the method is no sign-in.
std::optional<begun_session> session_begun(const rpc::method& method, const rpc::message& reply);

/// Of a client's own words only the path of an unknown request; never a query, a token or a text.
struct request_facts {
  std::string_view transport;  ///< "http" or "socket"
  std::string_view method;     ///< the declared method's name, else verb and path
  int status = 200;            ///< of HTTP; a socket's call has that of its error
  std::chrono::nanoseconds took{};
  std::string_view request_id;    ///< as in problem documents and in records of the domains
  const uuid* account = nullptr;  ///< null: no account is known
  std::string_view address;       ///< of the client, also behind a listed proxy
  bool signs_in = false;          ///< the method is a sign-in
  const uuid* session = nullptr;  ///< the session that a sign-in has begun; null: none
};

/// True when a request with this status is written: failures (from 400 on) and sign-ins with level info, the others with level
/// debug. Ask before the facts are made.
bool request_is_logged(int status, bool signs_in);

/// Writes the record. With level info the records of failures are bounded by the thread's rate of log lines. Each success of a
/// sign-in costs a password's hash, which bounds their records.
void log_request(io_thread& thread, const request_facts& facts);

}  // namespace nova::gateway
