// A blocking HTTP/1.1 client on one keep-alive connection, for tests and the setting-up of benches. One object a thread.
#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nova::client {

struct endpoint {
  std::uint16_t port = 0;
  std::string host = "127.0.0.1";
};

struct http_reply {
  int status = 0;  ///< 0: no answer came; `body` says why
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  /// Empty when absent; names compare without regard to case.
  std::string header(std::string_view name) const;
  /// Null when the body is not JSON.
  boost::json::value json() const;
  /// The problem document's `code`, or empty.
  std::string code() const;
};

struct http_request {
  std::string method;
  std::string target;
  std::string body = {};
  std::string bearer = {};  ///< access token; empty: none
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

class http_client {
 public:
  explicit http_client(endpoint to, std::chrono::milliseconds timeout = std::chrono::seconds(15));
  ~http_client();

  /// Connects when needed; a kept connection that the server has closed meanwhile is replaced once for requests that were
  /// not answered at all and that are safe to repeat (GET, PUT, DELETE).
  http_reply send(const http_request& request);

  http_reply get(std::string target, std::string bearer = {});
  http_reply post(std::string target, std::string body, std::string bearer = {});
  http_reply put(std::string target, std::string body, std::string bearer = {});
  http_reply patch(std::string target, std::string body, std::string bearer = {});
  http_reply del(std::string target, std::string bearer = {});

 private:
  struct body;
  std::unique_ptr<body> body_;
};

}  // namespace nova::client
