// The TCP socket of every connection. Used by the HTTP and WebSocket folders and by server.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace nova::gateway {

/// Has the io_context's own executor, so no read or write passes a type-erased executor.
using tcp_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

}  // namespace nova::gateway
