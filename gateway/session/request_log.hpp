// The request log: one record for each request on HTTP and for each call on a socket. Used by http_connection and socket_session.
#pragma once

#include "protocols/core/ids.hpp"

#include <chrono>
#include <string_view>

namespace nova::gateway {

class io_thread;

/// Of a client's own words only the path of an unknown request; never a query, a token or a text.
struct request_facts {
  std::string_view transport;  ///< "http" or "socket"
  std::string_view method;     ///< the declared method's name, else verb and path
  int status = 200;            ///< of HTTP; a socket's call has that of its error
  std::chrono::nanoseconds took{};
  std::string_view request_id;    ///< as in problem documents and in records of the domains
  const uuid* account = nullptr;  ///< null: no account is known
  std::string_view address;       ///< of the client, also behind a listed proxy
};

/// True when a request with this status is written: failures (from 400 on) with level info, the others with level debug. Ask before
/// the facts are made.
bool request_is_logged(int status);

/// Writes the record. With level info the records of failures are bounded by the thread's rate of log lines.
void log_request(io_thread& thread, const request_facts& facts);

}  // namespace nova::gateway
