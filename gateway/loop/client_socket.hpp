// A client's connection as HTTP and WebSocket read and write it: TCP, or TLS over it. Without TLS each operation is the TCP
// socket's own. With TLS, OpenSSL works on the socket without waiting, and Asio says when it may go on: Asio's own TLS stream
// cannot write without waiting, which the outbox of a WebSocket needs.
#pragma once

#include "gateway/loop/tcp_socket.hpp"
#include "gateway/loop/tls.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace nova::gateway {

class client_socket {
 public:
  using executor_type = tcp_socket::executor_type;
  using error_code = boost::system::error_code;

  /// `context` null: no TLS.
  client_socket(tcp_socket tcp, std::shared_ptr<const tls_context> context);

  executor_type get_executor() noexcept { return tcp_.get_executor(); }
  tcp_socket& tcp() noexcept { return tcp_; }
  bool secure() const noexcept { return tls_ != nullptr; }

  /// With TLS only, once, before anything is read or written.
  template <class Handler>
  void async_handshake(Handler handler);
  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler);
  /// With TLS done when the bytes are with the kernel.
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler);

  /// Never waits: `would_block` when nothing is taken. With TLS the last bytes that were taken may still wait here.
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, error_code& ec);
  /// Sends the bytes that are queued here. False: some are left, until the socket is writable.
  bool drained(error_code& ec);
  template <class Handler>
  void async_wait_writable(Handler&& handler) {
    tcp_.async_wait(tcp_socket::wait_write, std::forward<Handler>(handler));
  }

  /// Nothing is written any more.
  void end_writing() noexcept;
  void close() noexcept;

 private:
  template <class Step>
  struct stepping;
  struct handshake_step;
  struct read_step;
  template <class Buffers>
  struct write_step;
  template <class Signature, class Step, class Handler>
  void step_until_done(Step step, Handler handler);
  template <class Buffers>
  std::size_t take(const Buffers& buffers);

  tcp_socket tcp_;
  std::unique_ptr<tls_session> tls_;
};

/// Repeats a step of the session until it is done; never completes within the call that began it.
template <class Step>
struct client_socket::stepping {
  client_socket& socket;
  Step step;
  bool began = false, ended = false;
  tls_step last{};

  template <class Self>
  void operator()(Self& self, error_code ec = {}) {
    if (ended) return step.complete(self, last);
    if (ec) last = {tls_step::next::failed, 0, ec};
    else last = step(*socket.tls_);
    const bool inside = !std::exchange(began, true);
    switch (last.then) {
      case tls_step::next::wait_read:
        return socket.tcp_.async_wait(tcp_socket::wait_read, std::move(self));
      case tls_step::next::wait_write:
        return socket.tcp_.async_wait(tcp_socket::wait_write, std::move(self));
      case tls_step::next::done:
      case tls_step::next::failed: break;
    }
    ended = true;
    if (!inside) return step.complete(self, last);
    boost::asio::post(socket.get_executor(), std::move(self));
  }
};

template <class Signature, class Step, class Handler>
void client_socket::step_until_done(Step step, Handler handler) {
  boost::asio::async_compose<Handler, Signature>(stepping<Step>{*this, std::move(step)}, handler,
                                                 tcp_);
}

struct client_socket::handshake_step {
  tls_step operator()(tls_session& s) const { return s.handshake(); }
  template <class Self>
  void complete(Self& self, const tls_step& last) const {
    self.complete(last.error);
  }
};

struct client_socket::read_step {
  boost::asio::mutable_buffer to;
  tls_step operator()(tls_session& s) const {
    return to.size() == 0 ? tls_step{} : s.read(to.data(), to.size());
  }
  template <class Self>
  void complete(Self& self, const tls_step& last) const {
    self.complete(last.error, last.bytes);
  }
};

template <class Buffers>
struct client_socket::write_step {
  client_socket& socket;
  Buffers from;
  std::size_t taken = 0;
  tls_step operator()(tls_session& s) {
    if (taken == 0) {  // the rest of an earlier write goes first
      if (const auto earlier = s.send(); earlier.then != tls_step::next::done) return earlier;
      taken = socket.take(from);
    }
    return s.send();
  }
  template <class Self>
  void complete(Self& self, const tls_step& last) const {
    self.complete(last.error, last.error ? 0 : taken);
  }
};

template <class Handler>
void client_socket::async_handshake(Handler handler) {
  step_until_done<void(error_code)>(handshake_step{}, std::move(handler));
}

template <class Buffers, class Handler>
auto client_socket::async_read_some(const Buffers& buffers, Handler&& handler) {
  const auto start = [this](auto h, const Buffers& b) {
    if (!tls_) return tcp_.async_read_some(b, std::move(h));
    boost::asio::mutable_buffer to;
    for (auto at = boost::asio::buffer_sequence_begin(b);
         at != boost::asio::buffer_sequence_end(b) && to.size() == 0; ++at)
      to = *at;
    step_until_done<void(error_code, std::size_t)>(read_step{to}, std::move(h));
  };
  return boost::asio::async_initiate<Handler, void(error_code, std::size_t)>(start, handler,
                                                                             buffers);
}

template <class Buffers, class Handler>
auto client_socket::async_write_some(const Buffers& buffers, Handler&& handler) {
  const auto start = [this](auto h, const Buffers& b) {
    if (!tls_) return tcp_.async_write_some(b, std::move(h));
    step_until_done<void(error_code, std::size_t)>(write_step<Buffers>{*this, b}, std::move(h));
  };
  return boost::asio::async_initiate<Handler, void(error_code, std::size_t)>(start, handler,
                                                                             buffers);
}

template <class Buffers>
std::size_t client_socket::write_some(const Buffers& buffers, error_code& ec) {
  if (!tls_) return tcp_.write_some(buffers, ec);
  if (!drained(ec)) {
    if (!ec) ec = boost::asio::error::would_block;
    return 0;
  }
  const auto taken = take(buffers);
  (void)drained(ec);
  return ec ? 0 : taken;
}

template <class Buffers>
std::size_t client_socket::take(const Buffers& buffers) {
  std::size_t taken = 0;
  for (auto at = boost::asio::buffer_sequence_begin(buffers);
       at != boost::asio::buffer_sequence_end(buffers) && taken < tls_session::record_bytes; ++at) {
    const boost::asio::const_buffer piece(*at);
    const auto n = std::min(piece.size(), tls_session::record_bytes - taken);
    tls_->take({static_cast<const char*>(piece.data()), n});
    taken += n;
  }
  return taken;
}

/// How Beast closes the lowest layer of a stream.
inline void beast_close_socket(client_socket& socket) { socket.close(); }

}  // namespace nova::gateway
