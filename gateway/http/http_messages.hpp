// A request and its answer, exchanged with http_connection. No sockets, no
// Beast. Used by http_exchange and pages.
#pragma once

#include "protocols/core/blobs.hpp"
#include "protocols/core/error.hpp"
#include "protocols/core/ids.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nova::gateway {

/// A whole request; the views live until the answer.
struct http_request {
  std::string_view verb, target;
  std::string_view host;  ///< from an absolute-form target, or from the Host field
  std::string_view origin, authorization, content_type, content_encoding, accept, idempotency_key,
      request_id, user_agent, access_control_request_method;
  std::string_view body;
  bool repeated_field = false;  ///< one of the fields above came twice
  /// Any other field; empty: absent. Set for streamed requests.
  std::function<std::string_view(std::string_view)> field = {};
  std::optional<std::uint64_t> content_length = {};  ///< of a streamed request
  std::string_view scheme = {};  ///< https, or as a listed proxy says; empty: not known
};

/// A part of a blob as an answer's body.
struct file_body {
  std::shared_ptr<const blobs::reader> file;
  std::int64_t from = 0, length = 0;
};

struct http_answer {
  int status = 200;
  std::string content_type;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  ///< instead of `body`
  std::shared_ptr<const std::string> gzip_body;    ///< the same content compressed; null: none
  std::optional<file_body> file = {};              ///< instead of `body`
  std::string etag;                                ///< empty: none
  std::vector<std::pair<std::string, std::string>> fields;
  bool close = false;
  std::string_view method;  ///< for the request log: the declared method's name; empty: none
  std::optional<uuid>
      account;            ///< for the request log: the account of the token, or that signed in
  bool signs_in = false;  ///< for the request log: the method is a sign-in
  std::optional<uuid> session;  ///< for the request log: the session that a sign-in has begun
};

/// A problem document as an answer, with Retry-After when the error states a time. `status` 0: the status of the
/// error table.
http_answer problem_answer(const error& e, std::string_view request_id, int status = 0);

/// Marks a 401 to a request with a token: the token is the reason (RFC 6750 §3.1).
void blame_token(http_answer& a);

/// The answer to a verb that the path does not have: 204 for OPTIONS, else 405. `allow`: the verbs that
/// the path has.
http_answer other_verb(const http_request& request, std::string allow, std::string_view request_id);

/// Path and query of an origin-form or absolute-form target.
std::pair<std::string_view, std::string_view> split_target(std::string_view target);

}  // namespace nova::gateway
