// One WebSocket: judged before its handshake, then read by Beast, written from its own queue. Taken
// over from http_connection on the same thread and under the same connection id.
#pragma once

#include "gateway/http/http_connection.hpp"
#include "gateway/session/socket_session.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

struct handshake {
  encoding enc = encoding::json;
  std::string subprotocol;  ///< the chosen one; empty: none was offered
  std::optional<principal> who;
  unauthenticated_place place;
  std::string request_id;
  std::string leftover;  ///< bytes behind the request
};

/// Origin, subprotocol, rates and bearer header. `done` is called on `thread`, at once or later.
void judge_handshake(edge& e, io_thread& thread, const http_request& request,
                     std::string_view protocols, const std::string& address,
                     std::function<void(result<handshake>)> done);

using handshake_request = boost::beast::http::request<boost::beast::http::string_body>;

void start_websocket(edge& e, io_thread& thread, rpc::connection_id id, tcp_socket socket,
                     connection_lease lease, handshake_request request, handshake accepted);

}  // namespace nova::gateway
