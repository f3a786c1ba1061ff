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
  std::string_view host;  ///< of an absolute-form target, or the field
  std::string_view origin, authorization, content_type, content_encoding, accept, idempotency_key,
      request_id, user_agent, access_control_request_method;
  std::string_view body;
  bool repeated_field = false;  ///< one of the above came twice
};

struct http_answer {
  int status = 200;
  std::string content_type;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  ///< instead of `body`
  std::shared_ptr<const std::string> gzip_body;    ///< the same compressed, if there is such
  std::string etag;                                ///< empty: none
  std::vector<std::pair<std::string, std::string>> fields;
  bool close = false;
};

/// A problem document as an answer, with Retry-After when the error says so. `status` 0: the error
/// table's.
http_answer problem_answer(const error& e, std::string_view request_id, int status = 0);

/// A 401 to a request with a token says that the token is the reason (RFC 6750 §3.1).
void blame_token(http_answer& a);

/// What a path answers that does not have the request's verb: 405, to OPTIONS 204. `allow`: the
/// verbs it has.
http_answer other_verb(const http_request& request, std::string allow, std::string_view request_id);

/// Path and query of an origin-form or absolute-form target.
std::pair<std::string_view, std::string_view> split_target(std::string_view target);

}  // namespace nova::gateway
