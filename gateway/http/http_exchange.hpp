// One HTTP request to its answer: static pages, operation's pages, and the declared methods with
// authentication, rates and the bus. Knows nothing of sockets; called by http_connection on its I/O
// thread.
#pragma once

#include "protocols/core/error.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nova::gateway {

struct edge;
class io_thread;

/// A whole request; the views live until the answer.
struct http_request {
  std::string_view verb, target;
  std::string_view host, origin, authorization, content_type, accept, idempotency_key, request_id,
      user_agent;
  std::string_view body;
  bool repeated_field = false;  ///< one of the above came twice
};

struct http_answer {
  int status = 200;
  std::string content_type;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  ///< instead of `body`
  std::vector<std::pair<std::string, std::string>> fields;
  bool close = false;
};

/// A problem document as an answer, with Retry-After when the error says so.
http_answer problem_answer(const error& e, std::string_view request_id, int status = 0);

/// The client's own X-Request-Id when it is fit (1 to 64 of [A-Za-z0-9_-]), else a new one.
std::string choose_request_id(edge& e, std::string_view offered);

/// The token of `Bearer TOKEN`; empty: none or another scheme.
std::string_view bearer_token(std::string_view authorization) noexcept;

/// Answers exactly once, on `thread`: at once or later, as long as the returned handle is kept.
std::shared_ptr<void> serve_http(edge& e, io_thread& thread, const http_request& request,
                                 const std::string& address, std::string request_id,
                                 std::function<void(http_answer)> done);

}  // namespace nova::gateway
