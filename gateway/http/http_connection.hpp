// One TCP connection that speaks HTTP/1.1: reads strictly, one request at a time, answers, and
// hands the socket over when it becomes a WebSocket. Started by server for each accepted
// connection.
#pragma once

#include "gateway/loop/limits.hpp"
#include "gateway/loop/tcp_socket.hpp"

namespace nova::gateway {

struct edge;
class io_thread;
class pages;

/// Takes the socket; must be called on `thread`.
void start_http(edge& e, const pages& site, io_thread& thread, tcp_socket socket,
                connection_lease lease);

}  // namespace nova::gateway
