// One HTTP connection, as its two sources see it: http_connection.cpp reads, http_answering.cpp answers. Used by no other file.
#pragma once

#include "gateway/http/file_sender.hpp"
#include "gateway/http/http_connection.hpp"
#include "gateway/http/http_messages.hpp"
#include "gateway/http/request_body.hpp"
#include "gateway/loop/io_thread.hpp"
#include "gateway/session/edge.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

namespace http = boost::beast::http;
using boost::system::error_code;
using request_parser = http::request_parser<request_body>;

inline std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

class http_connection final : public connection,
                              public std::enable_shared_from_this<http_connection> {
 public:
  http_connection(edge& e, const http_parts_of_server& parts, io_thread& thread,
                  client_socket socket, connection_lease lease)
      : edge_(e),
        parts_(parts),
        thread_(thread),
        socket_(std::move(socket)),
        lease_(std::move(lease)) {}

  void start();
  void on_deadline(time_point now) override;
  void drain() override;
  void cut() override;

 private:
  enum class phase { handshake, idle, header, body, serving, writing, lingering };

  void enter(phase p, unsigned timeout_ms);
  void begin();
  void begin_behind_proxy();
  void on_proxy_header(const std::optional<std::string>& client);
  void begin_tls();
  void read_more();
  void on_bytes();
  void on_header_bytes();
  void begin_parsing(std::size_t header_bytes);
  void begin_stream();
  void go_on_streaming();
  void serve_as_1_1();
  bool in_trailer() const;
  bool check_expectation();
  bool is_streamed(std::string_view line) const;
  void on_body_bytes();
  void refuse(int status, std::string_view reason);
  void on_request();
  void upgrade(http_request request, std::string request_id);
  void answer(http_answer a);
  void send_file(error_code ec);
  void on_written(error_code ec);
  void end_stream();
  void next_request();
  void linger();
  void close();
  http_request view_of_request() const;
  std::string list_of(std::string_view name) const;
  void learn_client();
  void note(const http_answer& a);

  edge& edge_;
  const http_parts_of_server& parts_;
  io_thread& thread_;
  client_socket socket_;
  connection_lease lease_;
  rpc::connection_id id_ = 0;
  phase phase_ = phase::idle;
  bool reading_ = false, close_after_ = false, closed_ = false;
  bool proxied_ = false;  ///< the connection's client is known from its PROXY protocol header
  boost::beast::flat_buffer buffer_;
  std::optional<request_parser> parser_;
  std::optional<http::request_header<>> header_;  ///< of a chunked body: without its trailers
  bool bad_chunk_ = false;
  std::function<void(std::uint64_t, boost::beast::string_view, error_code&)> on_chunk_;
  std::string request_id_;
  time_point asked_{};                 ///< when the request was whole; none: it was refused before
  std::string scheme_;                 ///< as a listed proxy says, or https with TLS; else empty
  std::shared_ptr<void> exchange_;     ///< of the request that is being served
  std::shared_ptr<body_taker> taker_;  ///< of a streamed request whose body may still come
  bool streamed_ = false, expected_ = false;
  std::uint64_t stream_ =
      0;  ///< counts streamed requests: the taker of an earlier one is not heard
  std::optional<http::response<http::empty_body>> file_response_;
  std::optional<http::response_serializer<http::empty_body>> file_header_;
  std::shared_ptr<file_sender> sender_;
  std::optional<http::response<http::string_body>> response_;
  std::optional<http::response<http::span_body<const char>>> shared_response_;
  std::shared_ptr<const std::string> shared_body_;
  std::size_t lingered_ = 0;
};

}  // namespace nova::gateway
