// The stream under Beast's WebSocket. Reads pass the frame watch. Beast's writes (the handshake's
// answer, pongs, closes) go whole into the socket's own queue, beside the data
// frames. So all frames leave together, and no frame is written inside another.
#pragma once

#include "gateway/loop/client_socket.hpp"
#include "gateway/websocket/frame_watch.hpp"

#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/role.hpp>

#include <memory>
#include <string>

namespace nova::gateway {

/// Receives Beast's writes; each call is one whole frame.
class control_sink {
 public:
  virtual ~control_sink() = default;
  virtual void on_control_bytes(std::string bytes) = 0;
};

template <class Handler, class Buffers>
struct watched_read;

class joining_stream {
 public:
  using executor_type = client_socket::executor_type;
  using next_layer_type = client_socket;

  /// `leftover`: bytes that were read after the handshake; they are read first.
  joining_stream(client_socket socket, std::string leftover, control_sink& sink,
                 std::uint32_t max_fragments)
      : socket_(std::move(socket)), sink_(sink), watch_(max_fragments) {
    put_back(std::move(leftover));
  }

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  client_socket& next_layer() noexcept { return socket_; }
  const client_socket& next_layer() const noexcept { return socket_; }
  const frame_watch& watch() const noexcept { return watch_; }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    auto start = [this](auto h, const Buffers& b) {
      if (!leftover_)
        return socket_.async_read_some(b,
                                       watched_read<decltype(h), Buffers>{std::move(h), *this, b});
      auto n = boost::asio::buffer_copy(b, boost::asio::buffer(*leftover_));
      if (n == leftover_->size()) leftover_.reset();
      else leftover_->erase(0, n);
      boost::system::error_code ec;
      n = show(b, n, ec);
      complete(std::move(h), ec, n);
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
      complete(std::move(h), {}, n);
    };
    return boost::asio::async_initiate<Handler, void(boost::system::error_code, std::size_t)>(
        start, handler, buffers);
  }

  /// Shows the first `n` bytes of `b` to the watch. Bytes that must wait go back. Returns the number of bytes
  /// that count as read.
  template <class Buffers>
  std::size_t show(const Buffers& b, std::size_t n, boost::system::error_code& ec) {
    std::size_t passed = 0;
    bool all = true;
    std::string later;
    for (auto it = boost::asio::buffer_sequence_begin(b);
         it != boost::asio::buffer_sequence_end(b) && n > 0; ++it) {
      boost::asio::const_buffer piece = *it;
      std::string_view bytes(static_cast<const char*>(piece.data()), std::min(piece.size(), n));
      n -= bytes.size();
      auto shown = all ? watch_.pass(bytes) : 0;
      passed += shown;
      all = all && shown == bytes.size();
      later += bytes.substr(shown);
    }
    put_back(std::move(later));
    if (passed == 0 && watch_.fault()) ec = boost::asio::error::connection_aborted;
    return passed;
  }

 private:
  template <class Handler>
  void complete(Handler h, boost::system::error_code ec, std::size_t n) {
    boost::asio::post(get_executor(), boost::beast::bind_front_handler(std::move(h), ec, n));
  }

  /// `bytes` are read before all others.
  void put_back(std::string bytes) {
    if (bytes.empty()) return;
    if (leftover_) bytes += *leftover_;
    leftover_ = std::make_unique<std::string>(std::move(bytes));
  }

  client_socket socket_;
  std::unique_ptr<std::string> leftover_;  ///< never empty; most streams have none
  control_sink& sink_;
  frame_watch watch_;
};

/// The handler of a socket's read: the bytes pass the watch before `handler` is called.
template <class Handler, class Buffers>
struct watched_read {
  Handler handler;
  joining_stream& stream;
  Buffers buffers;
  void operator()(boost::system::error_code ec, std::size_t n) {
    if (!ec) n = stream.show(buffers, n, ec);
    handler(ec, n);
  }
};

// Beast ends the transport through these functions. They do nothing, because websocket_connection ends it when
// the queue is written.
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

/// Executor, allocator and other associations are those of the inner handler.
template <template <class, class> class Associator, class Handler, class Buffers, class Default>
struct boost::asio::associator<Associator, nova::gateway::watched_read<Handler, Buffers>, Default>
    : Associator<Handler, Default> {
  using read = nova::gateway::watched_read<Handler, Buffers>;
  static typename Associator<Handler, Default>::type get(const read& r) noexcept {
    return Associator<Handler, Default>::get(r.handler);
  }
  static typename Associator<Handler, Default>::type get(const read& r, const Default& d) noexcept {
    return Associator<Handler, Default>::get(r.handler, d);
  }
};
