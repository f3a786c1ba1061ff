// One TCP connection that speaks HTTP/1.1: reads strictly, one request at a time, answers, and
// hands the socket over when it becomes a WebSocket. Started by server for each accepted
// connection.
#pragma once

#include "gateway/http/http_exchange.hpp"
#include "gateway/loop/io_thread.hpp"
#include "gateway/loop/limits.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace nova::gateway {

/// With the io_context's own executor: no type erasure on the way of each read and write.
using tcp_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// Takes the socket; must be called on `thread`.
void start_http(edge& e, io_thread& thread, tcp_socket socket, connection_lease lease);

}  // namespace nova::gateway
