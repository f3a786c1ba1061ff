// The TCP socket of every connection. Used by the HTTP and WebSocket rooms and by server.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace nova::gateway {

/// With the io_context's own executor: no type erasure on the way of each read and write.
using tcp_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

}  // namespace nova::gateway
