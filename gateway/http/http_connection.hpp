// One TCP connection that speaks HTTP/1.1. Reads strictly, one request at a time, and answers. Passes
// the socket on when it becomes a WebSocket. Started by server for each accepted
// connection.
#pragma once

#include "gateway/loop/client_socket.hpp"
#include "gateway/loop/limits.hpp"

namespace nova::gateway {

struct edge;
class io_thread;
class pages;

/// Takes ownership of the socket. Must be called on `thread`.
void start_http(edge& e, const pages& site, io_thread& thread, client_socket socket,
                connection_lease lease);

}  // namespace nova::gateway
