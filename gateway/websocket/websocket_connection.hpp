// One WebSocket after its handshake was accepted: read by Beast, written from its own queue. Takes over
// from http_connection on the same thread and with the same connection id.
#pragma once

#include "gateway/loop/client_socket.hpp"
#include "gateway/websocket/handshake.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace nova::gateway {

using upgrade_request = boost::beast::http::request<boost::beast::http::string_body>;

void start_websocket(edge& e, io_thread& thread, rpc::connection_id id, client_socket socket,
                     connection_lease lease, upgrade_request request, handshake accepted);

}  // namespace nova::gateway
