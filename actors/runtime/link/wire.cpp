#include "actors/runtime/link/wire.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <utility>

namespace nova::link {

namespace net = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t read_bytes = 64 * 1024;
/// Frames of one write.
constexpr std::size_t write_bytes = 256 * 1024;
/// The peer is told of bytes that were handled in steps of this; below the least window_bytes.
constexpr std::size_t told_bytes = 128 * 1024;

}  // namespace

void stream::read_some(net::mutable_buffer to, done d) {
  if (tls) tls->async_read_some(to, std::move(d));
  else plain.async_read_some(to, std::move(d));
}

void stream::write(net::const_buffer from, done d) {
  if (tls) net::async_write(*tls, from, std::move(d));
  else net::async_write(plain, from, std::move(d));
}

void stream::close() noexcept {
  error_code ignored;
  plain.shutdown(net::ip::tcp::socket::shutdown_both, ignored);
  plain.close(ignored);
}

wire::wire(net::io_context& io, std::unique_ptr<stream> s, incoming_lanes read_ahead,
           const config::cluster_settings& settings, link_counts& counts)
    : io_(io),
      stream_(std::move(s)),
      settings_(settings),
      counts_(counts),
      in_(std::move(read_ahead)),
      in_buffer_(read_bytes, '\0'),
      beat_timer_(io),
      last_timer_(io) {}

void wire::start(hooks h) {
  hooks_ = std::move(h);
  heard_ = clock::now();
  beat();
  if (take_messages()) read();
  flush();
}

bool wire::send(const Envelope& e, lane on) {
  {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (on == lane::bulk && out_.waiting_bytes() >= settings_.max_waiting_bytes) {
      // Answers and pushes are lost with it: only the end of the link has them sent again.
      if (!std::exchange(full_, true))
        net::post(io_, [self = shared_from_this()] { self->end("too much waits"); });
      return false;
    }
    if (!out_.add(e, on)) return false;
    waiting_.store(out_.waiting_bytes(), std::memory_order_relaxed);
    counts_.envelopes_sent.fetch_add(1, std::memory_order_relaxed);
    if (std::exchange(flush_posted_, true)) return true;
  }
  net::post(io_, [self = shared_from_this()] { self->flush(); });
  return true;
}

void wire::flush() {
  if (write_under_way_ || ended_) return;
  writing_.clear();
  bool rest = false;
  {
    std::lock_guard lock(mutex_);
    flush_posted_ = false;
    while (writing_.size() < write_bytes) {
      if (!out_.empty(lane::control)) {
        unhandled_by_peer_ += out_.take_frame(lane::control, writing_);
      } else if (!out_.empty(lane::bulk) && unhandled_by_peer_ < settings_.window_bytes) {
        unhandled_by_peer_ += out_.take_frame(lane::bulk, writing_);
      } else {
        break;
      }
    }
    waiting_.store(out_.waiting_bytes(), std::memory_order_relaxed);
    rest = out_.waiting_bytes() != 0;
  }
  if (writing_.empty()) {
    if (written_all_ && !rest) std::exchange(written_all_, nullptr)();
    return;
  }
  write_under_way_ = true;
  wrote_since_beat_ = true;
  stream_->write(net::buffer(writing_), [self = shared_from_this()](error_code ec, std::size_t n) {
    self->written(ec, n);
  });
}

void wire::written(error_code ec, std::size_t n) {
  write_under_way_ = false;
  counts_.bytes_sent.fetch_add(n, std::memory_order_relaxed);
  if (ec) return end(ec.message());
  flush();
}

void wire::read() {
  stream_->read_some(
      net::buffer(in_buffer_),
      [self = shared_from_this()](error_code ec, std::size_t n) { self->read_done(ec, n); });
}

void wire::read_done(error_code ec, std::size_t n) {
  if (ended_) return;
  if (ec) return end(ec == net::error::eof ? "the other node closed it" : ec.message());
  heard_ = clock::now();
  counts_.bytes_received.fetch_add(n, std::memory_order_relaxed);
  in_.feed(std::string_view(in_buffer_).substr(0, n));
  if (take_messages()) read();
}

bool wire::take_messages() {
  for (std::size_t bytes = 0; !ended_;) {
    switch (in_.next(message_, bytes)) {
      case incoming_lanes::step::more: return true;
      case incoming_lanes::step::broken: end("a frame breaks the limits"); return false;
      case incoming_lanes::step::message: break;
    }
    Envelopes batch;
    if (!batch.ParseFromString(message_)) {
      end("a message cannot be read");
      return false;
    }
    handle(batch, bytes);
  }
  return false;
}

void wire::handle(Envelopes& batch, std::size_t bytes) {
  counts_.envelopes_received.fetch_add(static_cast<std::uint64_t>(batch.items_size()),
                                       std::memory_order_relaxed);
  for (const auto& e : batch.items())
    if (e.has_handled())
      unhandled_by_peer_ -= std::min<std::uint64_t>(unhandled_by_peer_, e.handled().bytes());
  if (hooks_.received) hooks_.received(batch);
  if (ended_) return;
  handled_ += bytes;
  if (handled_ < told_bytes) return flush();
  Envelope told;
  told.mutable_handled()->set_bytes(std::exchange(handled_, 0));
  send(told, lane::control);
  flush();
}

// A peer that is stopped or cut off sends nothing: not even the heartbeat.
void wire::beat() {
  if (ended_) return;
  const milliseconds patience(settings_.silence_ms);
  const auto silent = std::chrono::floor<milliseconds>(clock::now() - heard_);
  if (silent >= patience) return end("silent");
  if (!std::exchange(wrote_since_beat_, false)) {
    Envelope ping;
    ping.mutable_ping();
    send(ping, lane::control);
  }
  // Not only with a heartbeat: that would notice up to one of them later.
  beat_timer_.expires_after(std::min(milliseconds(settings_.heartbeat_ms), patience - silent));
  beat_timer_.async_wait([weak = weak_from_this()](error_code ec) {
    if (auto self = weak.lock(); self && !ec) self->beat();
  });
}

void wire::end(const std::string& reason) {
  if (std::exchange(ended_, true)) return;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    out_.clear();
    waiting_ = 0;
  }
  beat_timer_.cancel();
  last_timer_.cancel();
  stream_->close();
  // Posted: one of the hooks may be what calls this.
  net::post(
      io_, [h = std::exchange(hooks_, {}), reason, written = std::exchange(written_all_, nullptr)] {
        if (h.ended) h.ended(reason);
        if (written) written();
      });
}

void wire::end_after_writing(milliseconds within, std::function<void()> then) {
  if (ended_) return then();
  written_all_ = [self = shared_from_this(), then = std::move(then)]() mutable {
    self->written_all_ = std::move(then);
    self->end("this node ends");
  };
  last_timer_.expires_after(within);
  last_timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && self->written_all_) std::exchange(self->written_all_, nullptr)();
  });
  flush();
}

}  // namespace nova::link
