// Bodies that do not fit in memory: requests whose bytes are taken piece by piece, and answers whose bytes come from a file. The
// room of transfers implements them; http_connection drives them on its I/O thread.
#pragma once

#include "gateway/http/http_messages.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nova::gateway {

class io_thread;

/// Takes the body of one request. All calls come on the connection's thread.
class body_taker {
 public:
  virtual ~body_taker() = default;
  /// False: no more is wanted until `more` is called. The bytes are taken in any case.
  virtual bool take(std::string_view bytes) = 0;
  /// The whole body was taken.
  virtual void end() = 0;
  /// No more bytes come: the connection broke, was silent for too long, or the body is malformed.
  virtual void broken() = 0;
};

/// How a taker answers; both on the connection's thread.
struct stream_answers {
  std::function<void()> more;  ///< bytes of the body are wanted
  std::function<void(http_answer)>
      done;  ///< exactly once, at any time; what is left of the body is dropped
};

/// The paths whose requests begin before their body is read.
class streamed_routes {
 public:
  virtual ~streamed_routes() = default;
  virtual bool takes(std::string_view verb, std::string_view path) const = 0;
  /// The request's views are valid during the call only.
  virtual std::shared_ptr<body_taker> begin(io_thread& thread, const http_request& request,
                                            const std::string& address,
                                            const std::string& request_id,
                                            stream_answers answers) const = 0;
};

}  // namespace nova::gateway
