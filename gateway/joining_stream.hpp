// The stream under Beast's WebSocket: reads pass through; what Beast writes (the handshake's
// answer, pongs, closes) goes whole into the socket's own queue, beside the data frames, so that
// all leave together and never inside one another.
#pragma once

#include "gateway/http_connection.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/role.hpp>

#include <string>

namespace nova::gateway {

/// Receives what Beast writes, each call one whole frame.
class control_sink {
 public:
  virtual ~control_sink() = default;
  virtual void on_control_bytes(std::string bytes) = 0;
};

class joining_stream {
 public:
  using executor_type = tcp_socket::executor_type;
  using next_layer_type = tcp_socket;

  /// `leftover`: bytes that were read behind the handshake; they come first.
  joining_stream(tcp_socket socket, std::string leftover, control_sink& sink)
      : socket_(std::move(socket)), leftover_(std::move(leftover)), sink_(sink) {}

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  tcp_socket& next_layer() noexcept { return socket_; }
  const tcp_socket& next_layer() const noexcept { return socket_; }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    auto start = [this](auto h, const Buffers& b) {
      if (leftover_.empty()) return socket_.async_read_some(b, std::move(h));
      auto n = boost::asio::buffer_copy(b, boost::asio::buffer(leftover_));
      leftover_.erase(0, n);
      if (leftover_.empty()) leftover_.shrink_to_fit();
      complete(std::move(h), n);
    };
    return boost::asio::async_initiate<Handler, void(boost::system::error_code, std::size_t)>(
        start, handler, buffers);
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    auto start = [this](auto h, const Buffers& b) {
      auto bytes = boost::beast::buffers_to_string(b);
      auto n = bytes.size();
      sink_.on_control_bytes(std::move(bytes));
      complete(std::move(h), n);
    };
    return boost::asio::async_initiate<Handler, void(boost::system::error_code, std::size_t)>(
        start, handler, buffers);
  }

 private:
  template <class Handler>
  void complete(Handler h, std::size_t n) {
    boost::asio::post(get_executor(), boost::beast::bind_front_handler(
                                          std::move(h), boost::system::error_code{}, n));
  }

  tcp_socket socket_;
  std::string leftover_;
  control_sink& sink_;
};

// Beast ends the transport through these; websocket_connection does it itself when the queue is
// written.
inline void teardown(boost::beast::role_type, joining_stream&, boost::system::error_code& ec) {
  ec = {};
}
template <class Handler>
void async_teardown(boost::beast::role_type, joining_stream& stream, Handler&& handler) {
  boost::asio::post(stream.get_executor(),
                    boost::beast::bind_front_handler(std::forward<Handler>(handler),
                                                     boost::system::error_code{}));
}

}  // namespace nova::gateway
