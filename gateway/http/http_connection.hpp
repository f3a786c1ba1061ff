// One TCP connection that speaks HTTP/1.1. Reads strictly, one request at a time, and answers. Passes
// the socket on when it becomes a WebSocket. Started by server for each accepted
// connection.
#pragma once

#include "gateway/loop/client_socket.hpp"
#include "gateway/loop/limits.hpp"

namespace nova::gateway {

struct edge;
class file_threads;
class io_thread;
class pages;
class streamed_routes;

/// The parts of the server that connections use; they outlive all of them.
struct http_parts_of_server {
  const pages& site;
  const streamed_routes* streams = nullptr;  ///< null: none
  file_threads* files = nullptr;             ///< for answers from files
};

/// Takes ownership of the socket. Must be called on `thread`.
void start_http(edge& e, const http_parts_of_server& parts, io_thread& thread, client_socket socket,
                connection_lease lease);

}  // namespace nova::gateway
