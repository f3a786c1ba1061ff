// Reading by Beast, writing from the outbox, closing with a code in bounded time.
#include "gateway/websocket/websocket_connection.hpp"

#include "gateway/loop/http_date.hpp"
#include "gateway/websocket/closing_handshake.hpp"
#include "gateway/websocket/joining_stream.hpp"
#include "gateway/websocket/liveness.hpp"
#include "gateway/websocket/socket_outbox.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <array>

namespace nova::gateway {
namespace {

namespace net = boost::asio;
namespace ws = boost::beast::websocket;
using boost::system::error_code;

struct gathered {
  using value_type = net::const_buffer;
  using const_iterator = const net::const_buffer*;
  std::array<net::const_buffer, socket_outbox::pieces_per_write> pieces;
  std::size_t count = 0;
  const_iterator begin() const { return pieces.data(); }
  const_iterator end() const { return pieces.data() + count; }
};

class websocket_connection final : public connection,
                                   public session_socket,
                                   public control_sink,
                                   public std::enable_shared_from_this<websocket_connection> {
 public:
  websocket_connection(edge& e, io_thread& thread, rpc::connection_id id, client_socket socket,
                       connection_lease lease, handshake accepted);
  void start(upgrade_request request);

  // connection
  void on_deadline(time_point now) override;
  void on_push(delivery& d) override { session_.on_push(d); }
  std::size_t flush() override;
  void shut(rpc::close_code code, std::string_view reason) override;
  bool belongs_to(const uuid& id) const override;
  socket_session* session() override { return &session_; }
  void drain() override { shut(rpc::close_code::restart, "restart"); }
  void cut() override;

  // session_socket
  void send_push(frame f) override { enqueue(std::move(f), socket_outbox::kind::push); }
  void send_answer(frame f) override { enqueue(std::move(f), socket_outbox::kind::answer); }
  void end_with(rpc::close_code code, std::string_view reason) override { shut(code, reason); }
  void settled() override;
  bool has_room() const override { return outbox_.has_room(); }
  bool all_received() override;
  std::string local_origin() override;

  // control_sink
  void on_control_bytes(std::string bytes) override;

 private:
  void on_accepted(error_code ec);
  void on_control(ws::frame_type kind, std::string_view payload);
  void read();
  void on_read(error_code ec);
  void on_read_failed(error_code ec);
  void handle_message();
  void enqueue(frame f, socket_outbox::kind k);
  void schedule(socket_outbox::next what);
  std::optional<std::size_t> write_some(std::span<const std::string_view> pieces);
  void wait_writable();
  void after_flush();
  bool begin_close(closing_handshake::phase by);
  void drop_until_end();
  void rearm();
  void close();

  edge& edge_;
  io_thread& thread_;
  const rpc::connection_id id_;
  connection_lease lease_;
  ws::stream<joining_stream, false> stream_;
  boost::beast::flat_buffer buffer_;
  socket_outbox outbox_;
  closing_handshake closing_;
  liveness liveness_;
  socket_session session_;
  std::unique_ptr<handshake> handshake_;  ///< until it is done
  const encoding encoding_;
  bool reading_ = false;  ///< a read of Beast is under way
  time_point armed_ = time_point::max();
};

// A socket that waits for a message holds this much for it: most messages fit, and most sockets wait.
constexpr std::size_t first_step = 384;

// How much is read at once behind `bytes` of a message.
std::size_t read_step(std::size_t bytes) {
  return bytes == 0 ? first_step : bytes < 4096 ? 4096 : 32 * 1024;
}

websocket_connection::websocket_connection(edge& e, io_thread& thread, rpc::connection_id id,
                                           client_socket socket, connection_lease lease,
                                           handshake accepted)
    : edge_(e),
      thread_(thread),
      id_(id),
      lease_(std::move(lease)),
      stream_(std::move(socket), std::move(accepted.leftover), static_cast<control_sink&>(*this),
              e.settings.max_fragments),
      outbox_(e.settings),
      liveness_(e.settings, std::chrono::steady_clock::now()),
      session_(e, thread, *this, id, accepted.enc, lease_.address()),
      handshake_(std::make_unique<handshake>(std::move(accepted))),
      encoding_(handshake_->enc) {}

std::string websocket_connection::local_origin() {
  auto& socket = stream_.next_layer().next_layer();
  error_code ec;
  const auto end = socket.tcp().local_endpoint(ec);
  if (ec) return {};
  const auto address = end.address().to_string();
  return std::string(socket.secure() ? "https://" : "http://") +
         (end.address().is_v6() ? '[' + address + ']' : address) + ':' + std::to_string(end.port());
}

void websocket_connection::start(upgrade_request request) {
  thread_.replace(id_, shared_from_this());
  closing_.upgrade_until(std::chrono::steady_clock::now() +
                         std::chrono::milliseconds(edge_.settings.header_timeout_ms));
  rearm();
  ws::stream_base::timeout none{ws::stream_base::none(), ws::stream_base::none(), false};
  stream_.set_option(none);
  stream_.set_option(ws::stream_base::decorator([this](ws::response_type& response) {
    if (!handshake_->subprotocol.empty())
      response.set("Sec-WebSocket-Protocol", handshake_->subprotocol);
    response.set("X-Request-Id", handshake_->request_id);
    response.set("Date", http_date(edge_.wall.now()));
    response.set("Server", "nova");  // otherwise Beast writes its version
  }));
  stream_.read_message_max(edge_.settings.max_message_bytes);
  stream_.control_callback([this](ws::frame_type kind, boost::beast::string_view payload) {
    on_control(kind, {payload.data(), payload.size()});
  });
  if (edge_.settings.send_buffer_bytes > 0) {
    error_code ignored;
    auto size = net::socket_base::send_buffer_size(edge_.settings.send_buffer_bytes);
    stream_.next_layer().next_layer().tcp().set_option(size, ignored);
  }
  stream_.async_accept(request,
                       [self = shared_from_this()](error_code ec) { self->on_accepted(ec); });
}

void websocket_connection::on_accepted(error_code ec) {
  if (closing_.closed()) return;
  stream_.set_option(ws::stream_base::decorator([](ws::response_type&) {}));
  auto accepted = std::move(handshake_);
  closing_.upgraded();
  if (ec) {  // Beast has written its refusal
    accepted.reset();
    begin_close(closing_handshake::phase::theirs);
    closing_.read_ended(false);
    return schedule(outbox_.wake());
  }
  thread_.counts().sockets_opened_total.add();
  session_.start(accepted->who, std::move(accepted->place));
  rearm();
  read();
}

bool websocket_connection::belongs_to(const uuid& id) const {
  if (handshake_) return handshake_->who && handshake_->who->session == id;
  return session_.who() && session_.who()->session == id;
}

// A client that has closed its end has confirmed what came before. That end may be here and not be read yet.
bool websocket_connection::all_received() {
  const auto fd = stream_.next_layer().next_layer().tcp().native_handle();
  int unconfirmed = 0;
  tcp_info facts{};
  socklen_t size = sizeof facts;
  return outbox_.empty() && !outbox_.blocked() && ::ioctl(fd, SIOCOUTQ, &unconfirmed) == 0 &&
         unconfirmed == 0 && ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &facts, &size) == 0 &&
         facts.tcpi_state == TCP_ESTABLISHED;
}

void websocket_connection::on_control(ws::frame_type kind, std::string_view payload) {
  auto now = std::chrono::steady_clock::now();
  liveness_.heard(now);
  if (kind != ws::frame_type::close && !liveness_.may_ping(now))
    shut(rpc::close_code::policy, "too many pings");
  else if (kind == ws::frame_type::pong) session_.on_pong(payload);
}

void websocket_connection::read() {
  if (reading_ || !closing_.reads()) return;
  bool full = session_.full() || outbox_.holds_reading();
  if (full && !closing_.begun()) return;  // back-pressure: what is not read stays with the client
  reading_ = true;
  stream_.async_read_some(
      buffer_, read_step(buffer_.size()),
      [self = shared_from_this()](error_code ec, std::size_t) { self->on_read(ec); });
}

void websocket_connection::on_read(error_code ec) {
  if (closing_.closed() || ec) reading_ = false;
  if (closing_.closed()) return;
  if (ec) return on_read_failed(ec);
  liveness_.heard(std::chrono::steady_clock::now());
  if (stream_.is_message_done()) {
    if (!closing_.begun()) handle_message();
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > first_step) buffer_.shrink_to_fit();
  } else if (closing_.begun()) {
    buffer_.consume(buffer_.size());
  }
  reading_ = false;  // not before: what a call causes may ask for the next one
  read();
}

void websocket_connection::on_read_failed(error_code ec) {
  bool by_close_frame = ec == ws::error::closed;
  auto fault = stream_.next_layer().watch().fault();
  if (fault)
    shut(static_cast<rpc::close_code>(*fault), "too many fragments, or a length that is none");
  else if (!closing_.begun() && !by_close_frame) return close();
  begin_close(closing_handshake::phase::ours);
  closing_.read_ended(by_close_frame);
  schedule(outbox_.wake());
}

void websocket_connection::handle_message() {
  if (stream_.got_text() != (encoding_ == encoding::json))
    return shut(static_cast<rpc::close_code>(1003), "wrong kind of message");
  thread_.counts().calls_total.add();
  std::string_view text(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  auto call =
      read_call(encoding_, text, {edge_.settings.max_json_depth, edge_.settings.max_id_bytes});
  // Beast overlooks a code point that is cut off when the last frame is empty; such a text is never
  // JSON.
  if (call.failure && encoding_ == encoding::json && !is_utf8(text))
    return shut(static_cast<rpc::close_code>(1007), "the text is not UTF-8");
  session_.handle(std::move(call));
}

void websocket_connection::settled() {
  rearm();
  read();
}

void websocket_connection::on_control_bytes(std::string bytes) {
  if (closing_.begun()) return;  // our own close frame was the last that may be written
  bool close_frame = !closing_.upgrading() && !bytes.empty() &&
                     (bytes[0] & 0x0f) == static_cast<int>(opcode::close);
  auto code = close_frame ? stream_.next_layer().watch().close_answer() : std::nullopt;
  auto next =
      outbox_.add_last(code ? make_close_frame(*code, {}) : raw_frame(std::move(bytes)), false);
  if (close_frame) begin_close(closing_handshake::phase::theirs);
  schedule(next);
}

void websocket_connection::enqueue(frame f, socket_outbox::kind k) {
  if (closing_.begun()) return;
  if (k == socket_outbox::kind::push) thread_.counts().deliveries_total.add();
  schedule(outbox_.add(std::move(f), k));
}

void websocket_connection::schedule(socket_outbox::next what) {
  switch (what) {
    case socket_outbox::next::nothing: return;
    case socket_outbox::next::soon: return thread_.flushes().soon(id_);
    case socket_outbox::next::round: return thread_.flushes().with_round(id_);
    case socket_outbox::next::too_slow:
      thread_.counts().queue_overflows_total.add();
      return shut(rpc::close_code::too_slow, "too slow: resume");
  }
}

/// One system call; the bytes that the socket took.
std::optional<std::size_t> websocket_connection::write_some(
    std::span<const std::string_view> pieces) {
  auto& socket = stream_.next_layer().next_layer();
  error_code ec;
  std::size_t n = 0;
  if (pieces.size() == 1) {  // the cheaper call
    n = socket.write_some(net::buffer(pieces[0]), ec);
  } else {
    gathered buffers;
    buffers.count = pieces.size();
    for (std::size_t i = 0; i < pieces.size(); ++i) buffers.pieces[i] = net::buffer(pieces[i]);
    n = socket.write_some(buffers, ec);
  }
  if (ec == net::error::would_block || ec == net::error::try_again) return 0;
  if (ec) return std::nullopt;
  return n;
}

std::size_t websocket_connection::flush() {
  if (closing_.closed() || outbox_.blocked()) return 0;
  auto done = outbox_.flush([this](auto pieces) { return write_some(pieces); });
  error_code ec;
  if (!done.failed && !stream_.next_layer().next_layer().drained(ec)) {
    outbox_.block();
    done.failed = static_cast<bool>(ec);
  }
  auto& counts = thread_.counts();
  counts.socket_writes_total.add(done.writes);
  counts.bytes_written_total.add(done.bytes);
  counts.frames_written_total.add(done.frames);
  if (done.failed) close();
  else if (outbox_.blocked()) wait_writable();
  else after_flush();
  if (!closing_.begun()) session_.on_room();
  return done.frames;
}

void websocket_connection::wait_writable() {
  stream_.next_layer().next_layer().async_wait_writable([self = shared_from_this()](error_code ec) {
    self->outbox_.writable();
    if (self->closing_.closed()) return;
    if (ec) return self->close();
    self->flush();
  });
}

void websocket_connection::after_flush() {
  switch (closing_.written()) {
    case closing_handshake::next::read: return read();
    case closing_handshake::next::close: return close();
    case closing_handshake::next::drop: closing_.drop(); return drop_until_end();
    case closing_handshake::next::nothing: return;
  }
}

void websocket_connection::shut(rpc::close_code code, std::string_view reason) {
  if (closing_.upgrading()) return close();
  if (!begin_close(closing_handshake::phase::ours)) return;
  schedule(outbox_.add_last(make_close_frame(static_cast<std::uint16_t>(code), reason),
                            code == rpc::close_code::too_slow));
}

bool websocket_connection::begin_close(closing_handshake::phase by) {
  auto cut_at =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(edge_.settings.close_timeout_ms);
  if (!closing_.begin(by, cut_at)) return false;
  session_.end();
  rearm();
  return true;
}

// Our end is closed at once; what the client still sends is dropped, because closing with unread
// bytes would reset the connection and might take the close frame with it.
void websocket_connection::drop_until_end() {
  auto& socket = stream_.next_layer().next_layer();
  socket.end_writing();
  auto sink = std::make_shared<std::array<char, 4096>>();
  socket.async_read_some(net::buffer(*sink),
                         [self = shared_from_this(), sink](error_code ec, std::size_t) {
                           if (self->closing_.closed()) return;
                           if (ec) return self->close();
                           self->drop_until_end();
                         });
}

void websocket_connection::rearm() {
  if (closing_.closed()) return;
  auto next = closing_.deadline();
  if (!closing_.begun()) next = std::min({next, liveness_.deadline(), session_.deadline()});
  if (next != armed_) thread_.set_deadline(id_, armed_ = next);
}

void websocket_connection::on_deadline(time_point now) {
  armed_ = time_point::max();
  if (now >= closing_.deadline()) return cut();
  if (closing_.begun()) return rearm();
  session_.on_deadline(now);
  if (!closing_.begun()) switch (liveness_.check(now)) {
      case liveness::due::nothing: break;
      case liveness::due::gone: return cut();
      case liveness::due::ping: send_answer(make_frame(opcode::ping, {})); break;
    }
  rearm();
}

void websocket_connection::cut() {
  if (closing_.closed()) return;
  thread_.counts().cut_total.add();
  error_code ignored;
  stream_.next_layer().next_layer().tcp().set_option(net::socket_base::linger(true, 0), ignored);
  close();
}

void websocket_connection::close() {
  if (!closing_.close()) return;
  session_.end();
  outbox_.clear();
  stream_.next_layer().next_layer().close();
  thread_.counts().sockets_closed_total.add();
  thread_.remove(id_);
}

}  // namespace

void start_websocket(edge& e, io_thread& thread, rpc::connection_id id, client_socket socket,
                     connection_lease lease, upgrade_request request, handshake accepted) {
  std::make_shared<websocket_connection>(e, thread, id, std::move(socket), std::move(lease),
                                         std::move(accepted))
      ->start(std::move(request));
}

}  // namespace nova::gateway
