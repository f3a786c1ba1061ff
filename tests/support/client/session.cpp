// See session.hpp.
#include "tests/support/client/session.hpp"

#include "tests/support/client/joining_stream.hpp"
#include "tests/support/client/json_text.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <random>
#include <utility>

namespace nova::client {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using error_code = boost::system::error_code;
using socket_stream = websocket::stream<joining_stream, false>;

std::string call_reply::code() const { return std::string(find_string(body, "code")); }

namespace {

/// One TCP connection of a session. Kept alive by its own operations.
struct connection {
  connection(net::io_context& context, bool tls, std::weak_ptr<session> s)
      : ws(context, tls), owner(std::move(s)) {}

  socket_stream ws;
  beast::flat_buffer in;
  websocket::response_type upgrade;
  std::deque<std::pair<std::string, bool>> out;
  std::weak_ptr<session> owner;
  bool deaf = false;
  bool parked = false;  ///< deaf, and no read is under way
  bool pinging = false;
  std::chrono::steady_clock::time_point heard = std::chrono::steady_clock::now();

  void cut() {
    error_code ec;
    ws.next_layer().next_layer().close(ec);
  }
};
using connection_ptr = std::shared_ptr<connection>;

void write_next(const connection_ptr& c) {
  c->ws.binary(c->out.front().second);
  c->ws.async_write(net::buffer(c->out.front().first), [c](error_code ec, std::size_t) {
    if (ec) return;
    c->out.pop_front();
    if (!c->out.empty()) return write_next(c);
    c->ws.next_layer().flush();
  });
}

void write(const connection_ptr& c, std::string frame, bool binary) {
  c->out.emplace_back(std::move(frame), binary);
  if (c->out.size() == 1) write_next(c);
}

std::chrono::microseconds back_off(int attempt) {
  thread_local std::mt19937 random{std::random_device{}()};
  const int most = std::min(500'000, 20'000 << std::min(attempt, 5));
  return std::chrono::microseconds(most / 4 + static_cast<int>(random() % (most * 3u / 4u)));
}

}  // namespace

struct session::body {
  body(io_thread& i, session_options o, session_events e)
      : io(i), options(std::move(o)), events(std::move(e)), resume_token(options.resume_token) {}

  io_thread& io;
  session_options options;
  session_events events;
  session* self = nullptr;
  connection_ptr current;
  std::deque<reply_fn> pending;  ///< of ids from first_id on; empty functions were answered
  std::uint64_t first_id = 1;
  std::deque<std::pair<std::string, reply_fn>>
      waiting;  ///< everything of the frame but its beginning
  std::size_t on_wire = 0;
  std::string resume_token;
  bool open = false;
  bool stopped = false;
  int attempt = 0;

  void connect();
  void upgrade(const connection_ptr& c);
  void ask_open();
  void read(const connection_ptr& c);
  void received(std::string_view frame);
  void watch(const connection_ptr& c);
  void lost(const connection_ptr& c, error_code why);
  void ended(int code, int http_status, const std::string& reason);
  void transmit(const std::string& rest, reply_fn done);
  void pump();
};

void session::body::connect() {
  if (stopped) return;
  ++attempt;
  auto c = std::make_shared<connection>(io.context(), options.tls, self->weak_from_this());
  current = c;
  if (options.patience.count() != 0) watch(c);
  auto& socket = c->ws.next_layer().next_layer();
  const net::ip::tcp::endpoint address(net::ip::make_address(options.to.host), options.to.port);
  if (options.receive_buffer_bytes != 0) {
    error_code ignored;
    socket.open(address.protocol(), ignored);
    socket.set_option(net::socket_base::receive_buffer_size(options.receive_buffer_bytes), ignored);
  }
  socket.async_connect(address, [c](error_code ec) {
    auto s = c->owner.lock();
    if (!s || s->body_->current != c) return;
    if (ec) return s->body_->lost(c, ec);
    c->heard = std::chrono::steady_clock::now();
    auto& tcp = c->ws.next_layer().next_layer();
    tcp.set_option(net::ip::tcp::no_delay(true), ec);
    tcp.non_blocking(true, ec);
    s->body_->upgrade(c);
  });
}

void session::body::upgrade(const connection_ptr& c) {
  c->ws.set_option(websocket::stream_base::timeout{std::chrono::seconds(15),
                                                   websocket::stream_base::none(), false});
  if (options.patience.count() != 0)
    c->ws.control_callback([c = c.get()](websocket::frame_type, beast::string_view) {
      c->heard = std::chrono::steady_clock::now();
    });
  c->ws.secure_prng(false);
  c->ws.auto_fragment(false);
  std::string bearer =
      options.bearer_header ? (events.token ? events.token() : options.access_token) : "";
  c->ws.set_option(websocket::stream_base::decorator(
      [bearer, sub = options.subprotocol, origin = options.origin](websocket::request_type& r) {
        if (!sub.empty()) r.set(beast::http::field::sec_websocket_protocol, sub);
        if (!origin.empty()) r.set(beast::http::field::origin, origin);
        if (!bearer.empty()) r.set(beast::http::field::authorization, "Bearer " + bearer);
        r.set(beast::http::field::user_agent, "nova-test");
      }));
  c->ws.async_handshake(c->upgrade, options.to.host + ":" + std::to_string(options.to.port),
                        options.target, [c](error_code ec) {
                          auto s = c->owner.lock();
                          if (!s || s->body_->current != c) return;
                          auto& b = *s->body_;
                          if (ec) return b.lost(c, ec);
                          b.read(c);
                          if (b.options.raw) {
                            b.open = true;
                            if (b.events.opened) b.events.opened({});
                          } else {
                            b.ask_open();
                          }
                        });
  c->ws.next_layer().flush();
}

void session::body::ask_open() {
  std::string rest = R"("method":"session.open","params":{"echo":)";
  rest += options.echo ? "true" : "false";
  if (!options.bearer_header)
    rest += R"(,"access_token":)" + quoted(events.token ? events.token() : options.access_token);
  if (!resume_token.empty()) {
    rest += R"(,"resume":{"token":)" + quoted(resume_token);
    const auto seen = events.seen ? events.seen() : options.seen;
    if (!seen.empty()) rest += R"(,"seen":)" + seen;
    rest += '}';
  }
  rest += "}}";
  transmit(rest, [this](const call_reply& r) {
    if (r.lost) return;
    if (!r.ok) {
      const std::string why(r.body);
      if (auto c = std::exchange(current, nullptr)) c->cut();
      return ended(0, 0, why);
    }
    resume_token = find_string(r.body, "resume_token");
    open = true;
    attempt = 0;
    if (events.opened) events.opened(r.body);
    pump();
  });
}

void session::body::read(const connection_ptr& c) {
  if (c->deaf) {
    c->parked = true;
    return;
  }
  c->ws.async_read(c->in, [c](error_code ec, std::size_t) {
    auto s = c->owner.lock();
    if (!s || s->body_->current != c) return;
    if (ec) return s->body_->lost(c, ec);
    c->heard = std::chrono::steady_clock::now();
    const auto data = c->in.data();
    const std::string_view frame(static_cast<const char*>(data.data()), data.size());
    s->body_->received(frame);
    c->in.consume(c->in.size());
    s->body_->read(c);
  });
}

void session::body::received(std::string_view frame) {
  if (options.raw) {
    if (events.pushed) events.pushed(frame);
    return;
  }
  const auto view = read_frame(frame);
  if (view.what == frame_view::kind::push) {
    if (events.pushed) events.pushed(frame);
    return;
  }
  if (view.id < first_id || view.id >= first_id + pending.size()) return;
  auto done = std::exchange(pending[view.id - first_id], nullptr);
  while (!pending.empty() && !pending.front()) {
    pending.pop_front();
    ++first_id;
  }
  if (!done) return;
  --on_wire;
  done({false, view.what == frame_view::kind::result, view.body});
  pump();
}

void session::body::transmit(const std::string& rest, reply_fn done) {
  std::string frame = R"({"jsonrpc":"2.0","id":)";
  frame += std::to_string(first_id + pending.size());
  frame += ',';
  frame += rest;
  pending.push_back(std::move(done));
  ++on_wire;
  write(current, std::move(frame), false);
}

void session::body::pump() {
  while (open && current && !waiting.empty() && (options.window == 0 || on_wire < options.window)) {
    auto next = std::move(waiting.front());
    waiting.pop_front();
    transmit(next.first, std::move(next.second));
  }
}

/// Looks four times within the patience. A closed socket ends the operation that waits on it, with an error.
void session::body::watch(const connection_ptr& c) {
  io.after(options.patience / 4, [c] {
    auto s = c->owner.lock();
    if (!s || s->body_->current != c) return;
    auto& b = *s->body_;
    const auto silent = std::chrono::steady_clock::now() - c->heard;
    if (silent > b.options.patience && !c->deaf) return c->cut();
    if (b.open && silent > b.options.patience / 4 && !std::exchange(c->pinging, true)) {
      c->ws.async_ping({}, [c](error_code) {
        c->pinging = false;
        c->ws.next_layer().flush();
      });
    }
    b.watch(c);
  });
}

void session::body::lost(const connection_ptr& c, error_code why) {
  current.reset();
  const auto& reason = c->ws.reason();
  const bool refused = why == websocket::error::upgrade_declined;
  const std::string text(reason.reason.data(), reason.reason.size());
  ended(static_cast<int>(reason.code), refused ? static_cast<int>(c->upgrade.result_int()) : 0,
        reason.code != 0 ? text : why.message());
}

void session::body::ended(int code, int http_status, const std::string& reason) {
  open = false;
  on_wire = 0;
  first_id += pending.size();
  auto unanswered = std::exchange(pending, {});
  const bool again = options.reconnect && !stopped && code != 4401 && code != 4409;
  for (auto& done : unanswered)
    if (done) done({true, false, {}});
  if (!again) {
    for (auto& [frame, done] : std::exchange(waiting, {}))
      if (done) done({true, false, {}});
  }
  if (events.closed) events.closed(code, http_status, reason);
  if (again && !stopped) {
    if (!options.others.empty()) {
      std::swap(options.to, options.others.front());
      std::rotate(options.others.begin(), options.others.begin() + 1, options.others.end());
    }
    io.after(back_off(attempt), [weak = self->weak_from_this()] {
      if (auto s = weak.lock(); s && !s->body_->current) s->body_->connect();
    });
  }
}

session::session(io_thread& io, session_options options, session_events events)
    : body_(std::make_unique<body>(io, std::move(options), std::move(events))) {
  body_->self = this;
}

std::shared_ptr<session> session::make(io_thread& io, session_options options,
                                       session_events events) {
  return std::shared_ptr<session>(new session(io, std::move(options), std::move(events)));
}

session::~session() {
  if (body_->current) body_->io.post([c = std::move(body_->current)] { c->cut(); });
}

void session::start() {
  body_->io.post([s = shared_from_this()] { s->body_->connect(); });
}

void session::stop(int code) {
  body_->io.post([s = shared_from_this(), code] {
    auto& b = *s->body_;
    b.stopped = true;
    auto c = b.current;
    if (!c) return;
    if (code != 0 && b.open) {
      c->ws.async_close(websocket::close_reason(static_cast<websocket::close_code>(code)),
                        [c](error_code) {});
      c->ws.next_layer().flush();
      b.io.post([c] { c->ws.next_layer().flush(); });
    } else {
      b.current.reset();
      c->cut();
      b.ended(0, 0, "stopped");
    }
  });
}

void session::drop() {
  if (auto c = std::exchange(body_->current, nullptr)) {
    c->cut();
    body_->ended(0, 0, "dropped");
  }
}

void session::stop_reading() {
  if (body_->current) body_->current->deaf = true;
}

void session::start_reading() {
  auto c = body_->current;
  if (!c) return;
  c->deaf = false;
  if (std::exchange(c->parked, false)) body_->read(c);
}

void session::move_to(endpoint to) { body_->options.to = std::move(to); }

void session::call(std::string_view method, std::string_view params, reply_fn done) {
  std::string rest;
  rest.reserve(method.size() + params.size() + 32);
  rest += R"("method":")";
  rest += method;
  rest += R"(","params":)";
  rest += params;
  rest += '}';
  if (body_->stopped) return done({true, false, {}});
  body_->waiting.emplace_back(std::move(rest), std::move(done));
  body_->pump();
}

void session::send_frame(std::string frame, bool binary) {
  if (body_->current) write(body_->current, std::move(frame), binary);
}

bool session::is_open() const noexcept { return body_->open; }
const endpoint& session::to() const noexcept { return body_->options.to; }
std::size_t session::unanswered() const noexcept { return body_->on_wire + body_->waiting.size(); }
const std::string& session::resume_token() const noexcept { return body_->resume_token; }

}  // namespace nova::client
