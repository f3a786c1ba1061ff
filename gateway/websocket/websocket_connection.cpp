// Reading by Beast, writing from the queue, closing with a code in bounded time; see
// websocket_connection.hpp.
#include "gateway/websocket/websocket_connection.hpp"

#include "gateway/websocket/joining_stream.hpp"
#include "gateway/websocket/outgoing_queue.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <array>

namespace nova::gateway {
namespace {

namespace net = boost::asio;
namespace ws = boost::beast::websocket;
using boost::system::error_code;

constexpr std::size_t pieces_per_write = 64;  // Asio's limit of one gathering write

struct gathered {
  using value_type = net::const_buffer;
  using const_iterator = const net::const_buffer*;
  std::array<net::const_buffer, pieces_per_write> pieces;
  std::size_t count = 0;
  const_iterator begin() const { return pieces.data(); }
  const_iterator end() const { return pieces.data() + count; }
};

class websocket_connection final : public connection,
                                   public session_socket,
                                   public control_sink,
                                   public std::enable_shared_from_this<websocket_connection> {
 public:
  websocket_connection(edge& e, io_thread& thread, rpc::connection_id id, tcp_socket socket,
                       connection_lease lease, handshake accepted);
  void start(handshake_request request);

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
  void send_push(frame f) override { enqueue(std::move(f), outgoing_queue::kind::push); }
  void send_answer(frame f) override { enqueue(std::move(f), outgoing_queue::kind::answer); }
  void end_with(rpc::close_code code, std::string_view reason) override { shut(code, reason); }
  void settled() override;

  // control_sink
  void on_control_bytes(std::string bytes) override;

 private:
  void on_accepted(error_code ec);
  void on_control(ws::frame_type kind);
  void read();
  void on_read(error_code ec);
  void on_read_failed(error_code ec);
  void handle_message();
  bool rate_allows(const incoming_call& call);
  void enqueue(frame f, outgoing_queue::kind k);
  void want_flush();
  void want_round();
  std::size_t write_some(error_code& ec);
  void wait_writable();
  void after_flush();
  void begin_close();
  void drop_until_end();
  void rearm();
  void close();

  edge& edge_;
  io_thread& thread_;
  const rpc::connection_id id_;
  connection_lease lease_;
  ws::stream<joining_stream, false> stream_;
  boost::beast::flat_buffer buffer_;
  outgoing_queue queue_;
  socket_session session_;
  std::unique_ptr<handshake> handshake_;  ///< until it is done
  const encoding encoding_;
  bool reading_ = false, read_over_ = false, closing_ = false, beast_closed_ = false,
       closed_ = false;
  bool flush_wanted_ = false, round_wanted_ = false, waiting_writable_ = false, dropping_ = false, clean_end_ = false;
  unsigned missed_pings_ = 0, refused_calls_ = 0;
  token_bucket rate_, pings_;
  time_point last_heard_, ping_at_, close_by_ = time_point::max(), armed_ = time_point::max();
  time_point refused_since_{};
};

websocket_connection::websocket_connection(edge& e, io_thread& thread, rpc::connection_id id,
                                           tcp_socket socket, connection_lease lease,
                                           handshake accepted)
    : edge_(e),
      thread_(thread),
      id_(id),
      lease_(std::move(lease)),
      stream_(std::move(socket), std::move(accepted.leftover), static_cast<control_sink&>(*this),
              e.settings.max_fragments),
      session_(e, thread, *this, id, accepted.enc, lease_.address()),
      handshake_(std::make_unique<handshake>(std::move(accepted))),
      encoding_(handshake_->enc),
      rate_(e.settings.calls_per_s, e.settings.calls_burst),
      pings_(e.settings.max_pings_per_s, 10.0 * e.settings.max_pings_per_s),
      last_heard_(std::chrono::steady_clock::now()),
      ping_at_(last_heard_ + std::chrono::milliseconds(e.settings.ping_interval_ms)) {}

void websocket_connection::start(handshake_request request) {
  thread_.replace(id_, shared_from_this());
  close_by_ = std::chrono::steady_clock::now() +
              std::chrono::milliseconds(edge_.settings.header_timeout_ms);
  rearm();
  ws::stream_base::timeout none{ws::stream_base::none(), ws::stream_base::none(), false};
  stream_.set_option(none);
  stream_.set_option(ws::stream_base::decorator([this](ws::response_type& response) {
    if (!handshake_->subprotocol.empty())
      response.set("Sec-WebSocket-Protocol", handshake_->subprotocol);
    response.set("X-Request-Id", handshake_->request_id);
    response.set("Server", "nova");  // otherwise Beast writes its version
  }));
  stream_.read_message_max(edge_.settings.max_message_bytes);
  stream_.control_callback(
      [this](ws::frame_type kind, boost::beast::string_view) { on_control(kind); });
  if (edge_.settings.send_buffer_bytes > 0) {
    error_code ignored;
    auto size = net::socket_base::send_buffer_size(edge_.settings.send_buffer_bytes);
    stream_.next_layer().next_layer().set_option(size, ignored);
  }
  stream_.async_accept(request,
                       [self = shared_from_this()](error_code ec) { self->on_accepted(ec); });
}

void websocket_connection::on_accepted(error_code ec) {
  if (closed_) return;
  stream_.set_option(ws::stream_base::decorator([](ws::response_type&) {}));
  auto accepted = std::move(handshake_);
  if (ec) {  // Beast has written its refusal
    accepted.reset();
    read_over_ = true;
    begin_close();
    return want_flush();
  }
  thread_.counts().sockets_opened_total.add();
  close_by_ = time_point::max();
  session_.start(accepted->who, std::move(accepted->place));
  rearm();
  read();
}

bool websocket_connection::belongs_to(const uuid& id) const {
  if (handshake_) return handshake_->who && handshake_->who->session == id;
  return session_.who() && session_.who()->session == id;
}

void websocket_connection::on_control(ws::frame_type kind) {
  auto now = std::chrono::steady_clock::now();
  last_heard_ = now;
  missed_pings_ = 0;
  if (kind != ws::frame_type::close && !pings_.take(now))
    shut(rpc::close_code::policy, "too many pings");
}

void websocket_connection::read() {
  if (reading_ || read_over_ || closed_ || handshake_) return;
  bool full = session_.full() || queue_.bytes() > edge_.settings.max_queued_bytes;
  if (full && !closing_) return;  // back-pressure: what is not read stays with the client
  reading_ = true;
  std::size_t step = buffer_.size() < 1024 ? 1024 : 32 * 1024;
  stream_.async_read_some(buffer_, step, [self = shared_from_this()](error_code ec, std::size_t) {
    self->on_read(ec);
  });
}

void websocket_connection::on_read(error_code ec) {
  if (closed_ || ec) reading_ = false;
  if (closed_) return;
  if (ec) return on_read_failed(ec);
  last_heard_ = std::chrono::steady_clock::now();
  missed_pings_ = 0;
  if (stream_.is_message_done()) {
    if (!closing_) handle_message();
    buffer_.consume(buffer_.size());
    constexpr std::size_t kept_bytes = 4096;
    if (buffer_.capacity() > kept_bytes) buffer_.shrink_to_fit();
  } else if (closing_) {
    buffer_.consume(buffer_.size());
  }
  reading_ = false;  // not before: what a call causes may ask for the next one
  read();
}

void websocket_connection::on_read_failed(error_code ec) {
  read_over_ = true;
  if (auto fault = stream_.next_layer().watch().fault(); fault && !closing_)
    return shut(static_cast<rpc::close_code>(*fault), "too many fragments, or a length that is none");
  clean_end_ = ec == ws::error::closed && !beast_closed_;  // our close frame was the first
  bool gone = ec != ws::error::closed && !beast_closed_ && !closing_;
  if (gone) return close();
  begin_close();
  want_flush();
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
  if (rate_allows(call)) session_.handle(std::move(call));
}

bool websocket_connection::rate_allows(const incoming_call& call) {
  auto now = std::chrono::steady_clock::now();
  bool sign_in = call.method && call.method->rate == rpc::rate_class::sign_in;
  std::optional<unsigned> wait;
  if (!rate_.take(now))
    wait = rate_.wait_ms();
  else if (sign_in)
    wait = edge_.bounds.address_request(rpc::rate_class::sign_in, lease_.address(), now);
  if (!wait) return true;
  thread_.counts().calls_refused_total.add();
  constexpr auto window = std::chrono::seconds(10);
  if (now - refused_since_ >= window) {
    refused_since_ = now;
    refused_calls_ = 0;
  }
  if (++refused_calls_ > edge_.settings.max_refused_calls)
    shut(rpc::close_code::policy, "too many calls");
  else
    session_.refuse(call, failure_of(make_error(errc::rate_limited, {}, *wait)));
  return false;
}

void websocket_connection::settled() {
  rearm();
  read();
}

void websocket_connection::on_control_bytes(std::string bytes) {
  bool handshaking = handshake_ != nullptr;
  bool close_frame =
      !handshaking && !bytes.empty() && (bytes[0] & 0x0f) == static_cast<int>(opcode::close);
  if (!handshaking && closing_) return;  // our own close frame was the last that may be written
  auto code = close_frame ? stream_.next_layer().watch().close_answer() : std::nullopt;
  queue_.add(code ? make_close_frame(*code, {}) : raw_frame(std::move(bytes)),
             outgoing_queue::kind::answer);
  if (close_frame) {
    beast_closed_ = true;
    begin_close();
  }
  want_flush();
}

void websocket_connection::enqueue(frame f, outgoing_queue::kind k) {
  if (closing_ || closed_) return;
  queue_.add(std::move(f), k);
  const auto& s = edge_.settings;
  if (k == outgoing_queue::kind::push) thread_.counts().deliveries_total.add();
  constexpr std::size_t answers_factor =
      16;  // answers are bounded by the calls in flight; this bounds their bytes
  bool over = queue_.pushed_bytes() > s.max_queued_bytes || queue_.frames() > s.max_queued_frames ||
              queue_.bytes() > answers_factor * s.max_queued_bytes;
  if (!over) return k == outgoing_queue::kind::push ? want_round() : want_flush();
  thread_.counts().queue_overflows_total.add();
  shut(rpc::close_code::too_slow, "too slow: resume");
}

void websocket_connection::want_flush() {
  if (waiting_writable_ || std::exchange(flush_wanted_, true)) return;
  thread_.flushes().soon(id_);
}

void websocket_connection::want_round() {
  if (waiting_writable_ || flush_wanted_ || std::exchange(round_wanted_, true)) return;
  thread_.flushes().with_round(id_);
}

/// Writes the next frames of the queue in one system call; the bytes that the socket took.
std::size_t websocket_connection::write_some(error_code& ec) {
  auto& socket = stream_.next_layer().next_layer();
  if (queue_.frames() == 1) {  // the cheaper call, and no table
    std::string_view frame;
    queue_.gather({&frame, 1});
    return socket.write_some(net::buffer(frame), ec);
  }
  std::array<std::string_view, pieces_per_write> pieces;
  gathered buffers;
  buffers.count = queue_.gather(pieces);
  for (std::size_t i = 0; i < buffers.count; ++i) buffers.pieces[i] = net::buffer(pieces[i]);
  return socket.write_some(buffers, ec);
}

std::size_t websocket_connection::flush() {
  flush_wanted_ = round_wanted_ = false;
  std::size_t done = 0;
  if (closed_ || waiting_writable_) return done;
  while (!queue_.empty()) {
    error_code ec;
    auto n = write_some(ec);
    thread_.counts().socket_writes_total.add();
    if (ec == net::error::would_block || ec == net::error::try_again) return wait_writable(), done;
    if (ec) return close(), done;
    auto whole = queue_.consume(n);
    thread_.counts().bytes_written_total.add(n);
    thread_.counts().frames_written_total.add(whole);
    done += whole;
  }
  after_flush();
  return done;
}

void websocket_connection::wait_writable() {
  waiting_writable_ = true;
  stream_.next_layer().next_layer().async_wait(net::ip::tcp::socket::wait_write,
                                               [self = shared_from_this()](error_code ec) {
                                                 self->waiting_writable_ = false;
                                                 if (self->closed_) return;
                                                 if (ec) return self->close();
                                                 self->flush();
                                               });
}

void websocket_connection::after_flush() {
  if (!closing_) return read();
  if (!read_over_) return read();  // for the peer's close frame
  if (clean_end_) return close();
  drop_until_end();
}

void websocket_connection::shut(rpc::close_code code, std::string_view reason) {
  if (closing_ || closed_) return;
  if (handshake_) return close();
  begin_close();
  if (code == rpc::close_code::too_slow) queue_.drop_unsent();
  queue_.add(make_close_frame(static_cast<std::uint16_t>(code), reason),
             outgoing_queue::kind::answer);
  want_flush();
}

void websocket_connection::begin_close() {
  if (std::exchange(closing_, true)) return;
  session_.end();
  close_by_ =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(edge_.settings.close_timeout_ms);
  rearm();
}

// Our end is closed at once; what the client still sends is dropped, because closing with unread
// bytes would reset the connection and might take the close frame with it.
void websocket_connection::drop_until_end() {
  if (std::exchange(dropping_, true)) return;
  error_code ignored;
  auto& socket = stream_.next_layer().next_layer();
  socket.shutdown(net::ip::tcp::socket::shutdown_send, ignored);
  auto sink = std::make_shared<std::array<char, 4096>>();
  socket.async_read_some(net::buffer(*sink),
                         [self = shared_from_this(), sink](error_code ec, std::size_t) {
                           self->dropping_ = false;
                           if (self->closed_) return;
                           if (ec) return self->close();
                           self->drop_until_end();
                         });
}

void websocket_connection::rearm() {
  if (closed_) return;
  auto next = closing_ ? close_by_ : std::min({close_by_, ping_at_, session_.deadline()});
  if (next != armed_) thread_.set_deadline(id_, armed_ = next);
}

void websocket_connection::on_deadline(time_point now) {
  armed_ = time_point::max();
  if (now >= close_by_) return cut();
  if (closing_) return rearm();
  session_.on_deadline(now);
  auto interval = std::chrono::milliseconds(edge_.settings.ping_interval_ms);
  if (!closing_ && now >= ping_at_) {
    ping_at_ = last_heard_ + interval * (1 + missed_pings_);
    if (now >= ping_at_) {
      constexpr unsigned tolerated = 2;
      if (missed_pings_++ >= tolerated) return cut();
      ping_at_ = now + interval;
      send_answer(make_frame(opcode::ping, {}));
    }
  }
  rearm();
}

void websocket_connection::cut() {
  if (closed_) return;
  thread_.counts().cut_total.add();
  error_code ignored;
  stream_.next_layer().next_layer().set_option(net::socket_base::linger(true, 0), ignored);
  close();
}

void websocket_connection::close() {
  if (std::exchange(closed_, true)) return;
  closing_ = true;
  session_.end();
  queue_.clear();
  error_code ignored;
  stream_.next_layer().next_layer().close(ignored);
  thread_.counts().sockets_closed_total.add();
  thread_.remove(id_);
}

}  // namespace

void start_websocket(edge& e, io_thread& thread, rpc::connection_id id, tcp_socket socket,
                     connection_lease lease, handshake_request request, handshake accepted) {
  std::make_shared<websocket_connection>(e, thread, id, std::move(socket), std::move(lease),
                                         std::move(accepted))
      ->start(std::move(request));
}

}  // namespace nova::gateway
