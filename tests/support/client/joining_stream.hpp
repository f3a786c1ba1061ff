// The layer below Beast's WebSocket in the client. A read takes all bytes that the kernel has. Frames that are written while
// these bytes are handled leave in one write. With or without TLS. One thread only. Used by session.cpp.
#pragma once

#include "tests/support/client/client_tls.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <array>
#include <memory>
#include <string>

namespace nova::client {

class joining_stream {
 public:
  using tcp = boost::asio::ip::tcp;
  // Names its executor: one of any kind would be copied with each operation.
  using next_layer_type =
      boost::asio::basic_stream_socket<tcp, boost::asio::io_context::executor_type>;
  using executor_type = next_layer_type::executor_type;
  using error_code = boost::system::error_code;

  joining_stream(boost::asio::io_context& context, bool with_tls)
      : socket_(context), tls_(with_tls ? std::make_unique<client_tls>() : nullptr) {}

  executor_type get_executor() { return socket_.get_executor(); }
  next_layer_type& next_layer() { return socket_; }
  const next_layer_type& next_layer() const { return socket_; }

  /// Sends what was collected as far as the socket takes it, and the rest when it can.
  void flush() {
    while (!waiting_ && out_at_ < out_.size() && !broken_) {
      error_code ec;
      out_at_ +=
          socket_.write_some(boost::asio::buffer(out_.data() + out_at_, out_.size() - out_at_), ec);
      if (ec == boost::asio::error::would_block) return flush_later();
      if (ec) broken_ = ec;
    }
    if (out_at_ == out_.size()) {
      out_at_ = 0;
      out_.clear();
    }
  }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto h, const Buffers& b) { start_read(b, std::move(h)); }, handler, buffers);
  }

  /// Completes at once; sent by the next flush(), which every wait for input does too. What the socket does not take
  /// stays in memory: the caller's window bounds it.
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto h, const Buffers& b) {
          std::size_t size = 0;
          for (auto it = boost::asio::buffer_sequence_begin(b);
               it != boost::asio::buffer_sequence_end(b); ++it) {
            const boost::asio::const_buffer part = *it;
            const std::string_view text(static_cast<const char*>(part.data()), part.size());
            if (!tls_) out_.append(text);
            else if (!tls_->send(text, out_)) broken_ = boost::asio::error::connection_aborted;
            size += part.size();
          }
          boost::asio::post(socket_.get_executor(), boost::beast::bind_front_handler(
                                                        std::move(h), broken_, broken_ ? 0 : size));
        },
        handler, buffers);
  }

 private:
  static constexpr std::size_t read_bytes = 64 * 1024;

  template <class Buffers, class Handler>
  void start_read(const Buffers& buffers, Handler h) {
    if (in_at_ < in_.size()) {
      const auto n = take(buffers);
      boost::asio::post(socket_.get_executor(),
                        boost::beast::bind_front_handler(std::move(h), error_code(), n));
      return;
    }
    flush();
    socket_.async_wait(tcp::socket::wait_read,
                       [this, buffers, h = std::move(h)](error_code ec) mutable {
                         std::size_t n = 0;
                         if (!ec) ec = fill();
                         if (ec == boost::asio::error::would_block)
                           return start_read(buffers, std::move(h));
                         if (!ec) n = take(buffers);
                         h(ec, n);
                       });
  }

  template <class Buffers>
  std::size_t take(const Buffers& buffers) {
    const auto n = boost::asio::buffer_copy(
        buffers, boost::asio::buffer(in_.data() + in_at_, in_.size() - in_at_));
    in_at_ += n;
    if (in_at_ == in_.size()) {
      in_at_ = 0;
      in_.clear();
      if (in_.capacity() > 4096) std::string().swap(in_);
    }
    return n;
  }

  error_code fill() {
    thread_local std::array<char, read_bytes> scratch;
    error_code ec;
    const auto n = socket_.read_some(boost::asio::buffer(scratch), ec);
    if (ec) return ec;
    if (!tls_) {
      in_.assign(scratch.data(), n);
      return ec;
    }
    const bool sound = tls_->receive({scratch.data(), n}, in_, out_);
    flush();
    if (!in_.empty()) return ec;
    return sound ? error_code(boost::asio::error::would_block)
                 : error_code(boost::asio::error::eof);
  }

  void flush_later() {
    waiting_ = true;
    socket_.async_wait(tcp::socket::wait_write, [this](error_code ec) {
      if (ec) return;
      waiting_ = false;
      flush();
    });
  }

  next_layer_type socket_;
  std::string in_, out_;
  std::size_t in_at_ = 0, out_at_ = 0;
  bool waiting_ = false;
  error_code broken_;
  std::unique_ptr<client_tls> tls_;  ///< null: none
};

/// Found by Beast when it ends a connection.
template <class Handler>
void async_teardown(boost::beast::role_type role, joining_stream& stream, Handler&& handler) {
  stream.flush();
  boost::beast::websocket::async_teardown(role, stream.next_layer(),
                                          std::forward<Handler>(handler));
}

}  // namespace nova::client
