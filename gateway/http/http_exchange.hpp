// Takes one HTTP request to its answer: pages, then the declared methods with authentication, rates and
// the bus. Does not use sockets; called by http_connection on its I/O thread.
#pragma once

#include "gateway/http/http_messages.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nova::gateway {

struct edge;
class io_thread;
class pages;

/// The only path where a GET opens a WebSocket.
inline constexpr std::string_view socket_path = "/v1/ws";

/// The client's X-Request-Id if valid (1 to 64 of [A-Za-z0-9_-]), else a new id.
std::string choose_request_id(edge& e, std::string_view offered);

/// Answers exactly once, on `thread`, at once or later. Keep the returned handle until then; without it no answer comes.
std::shared_ptr<void> serve_http(edge& e, const pages& site, io_thread& thread,
                                 const http_request& request, const std::string& address,
                                 std::string request_id, std::function<void(http_answer)> done);

}  // namespace nova::gateway
