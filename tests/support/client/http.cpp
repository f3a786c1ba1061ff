// See http.hpp.
#include "tests/support/client/http.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>

#include <optional>

namespace nova::client {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = net::ip::tcp;

std::string http_reply::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (beast::iequals(key, name)) return value;
  return {};
}

boost::json::value http_reply::json() const {
  boost::system::error_code ec;
  auto parsed = boost::json::parse(body, ec);
  return ec ? boost::json::value() : parsed;
}

std::string http_reply::code() const {
  const auto document = json();
  const auto* object = document.if_object();
  const auto* code = object ? object->if_contains("code") : nullptr;
  return code && code->is_string() ? std::string(code->as_string()) : std::string();
}

struct http_client::body {
  endpoint to;
  std::chrono::milliseconds timeout;
  net::io_context context{1};
  std::optional<beast::tcp_stream> stream;
  beast::flat_buffer buffer;

  /// Runs the context until the one outstanding operation is done.
  beast::error_code wait(const std::function<void(std::function<void(beast::error_code)>)>& start) {
    beast::error_code result;
    context.restart();
    start([&](beast::error_code ec) { result = ec; });
    context.run();
    return result;
  }

  beast::error_code connect() {
    stream.emplace(context);
    buffer.clear();
    stream->expires_after(timeout);
    const tcp::endpoint address(net::ip::make_address(to.host), to.port);
    auto ec = wait([&](auto done) { stream->async_connect(address, done); });
    if (!ec) stream->socket().set_option(tcp::no_delay(true), ec);
    return ec;
  }

  beast::error_code exchange(const http::request<http::string_body>& request,
                             http::response_parser<http::string_body>& parser) {
    stream->expires_after(timeout);
    auto ec = wait([&](auto done) {
      http::async_write(*stream, request, [done](beast::error_code e, std::size_t) { done(e); });
    });
    if (ec) return ec;
    return wait([&](auto done) {
      http::async_read(*stream, buffer, parser,
                       [done](beast::error_code e, std::size_t) { done(e); });
    });
  }
};

http_client::http_client(endpoint to, std::chrono::milliseconds timeout)
    : body_(std::make_unique<body>()) {
  body_->to = std::move(to);
  body_->timeout = timeout;
}

http_client::~http_client() = default;

http_reply http_client::send(const http_request& in) {
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(in.method);
  request.target(in.target);
  request.set(http::field::host, body_->to.host + ":" + std::to_string(body_->to.port));
  request.set(http::field::user_agent, "nova-test");
  if (!in.bearer.empty()) request.set(http::field::authorization, "Bearer " + in.bearer);
  if (!in.body.empty()) request.set(http::field::content_type, in.content_type);
  for (const auto& [name, value] : in.headers) request.set(name, value);
  request.body() = in.body;
  request.prepare_payload();

  const bool repeatable = in.method != "POST" && in.method != "PATCH";
  for (int attempt = 0;; ++attempt) {
    const bool fresh = !body_->stream;
    auto ec = fresh ? body_->connect() : beast::error_code();
    http::response_parser<http::string_body> parser;
    parser.body_limit(64u << 20);
    if (in.method == "HEAD") parser.skip(true);  // Beast's word for: this answer has no body
    if (!ec) ec = body_->exchange(request, parser);
    if (ec) {
      body_->stream.reset();
      if (!fresh && repeatable && attempt == 0 && !parser.got_some()) continue;
      return {0, ec.message(), {}};
    }
    auto answer = parser.release();
    http_reply out{static_cast<int>(answer.result_int()), std::move(answer.body()), {}};
    for (const auto& field : answer)
      out.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    if (!answer.keep_alive()) body_->stream.reset();
    return out;
  }
}

http_reply http_client::get(std::string target, std::string bearer) {
  return send({"GET", std::move(target), {}, std::move(bearer)});
}
http_reply http_client::post(std::string target, std::string body, std::string bearer) {
  return send({"POST", std::move(target), std::move(body), std::move(bearer)});
}
http_reply http_client::put(std::string target, std::string body, std::string bearer) {
  return send({"PUT", std::move(target), std::move(body), std::move(bearer)});
}
http_reply http_client::patch(std::string target, std::string body, std::string bearer) {
  return send({"PATCH", std::move(target), std::move(body), std::move(bearer)});
}
http_reply http_client::del(std::string target, std::string bearer) {
  return send({"DELETE", std::move(target), {}, std::move(bearer)});
}

}  // namespace nova::client
