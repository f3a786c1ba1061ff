// A request and its answer as http_connection hands them over and takes them back: no sockets, no
// Beast. Used by http_exchange and pages.
#pragma once

#include "protocols/core/error.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nova::gateway {

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

/// A problem document as an answer, with Retry-After when the error says so. `status` 0: the error
/// table's.
http_answer problem_answer(const error& e, std::string_view request_id, int status = 0);

}  // namespace nova::gateway
