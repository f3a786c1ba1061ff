// Beast parses the requests; http_rules judges their raw bytes before.
#include "gateway/http/http_connection.hpp"

#include "gateway/access/proxy_header.hpp"
#include "gateway/http/answer_rules.hpp"
#include "gateway/http/http_exchange.hpp"
#include "gateway/http/http_rules.hpp"
#include "gateway/loop/http_date.hpp"
#include "gateway/session/edge.hpp"
#include "gateway/session/request_log.hpp"
#include "gateway/websocket/websocket_connection.hpp"
#include "protocols/core/log.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <span>

namespace nova::gateway {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

using parser = http::request_parser<http::string_body>;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// RFC 6455 §4.1: base64 of 16 bytes.
bool is_socket_key(std::string_view key) {
  constexpr std::size_t digits = 22;
  auto digit = [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '/'; };
  return key.size() == digits + 2 && key.ends_with("==") &&
         std::all_of(key.begin(), key.begin() + digits, digit);
}

class http_connection final : public connection,
                              public std::enable_shared_from_this<http_connection> {
 public:
  http_connection(edge& e, const pages& site, io_thread& thread, client_socket socket,
                  connection_lease lease)
      : edge_(e),
        site_(site),
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
  void serve_as_1_1();
  bool in_trailer() const;
  bool check_expectation();
  void on_body_bytes();
  void refuse(int status, std::string_view reason);
  void on_request();
  void upgrade(http_request request, std::string request_id);
  void answer(http_answer a);
  void on_written(error_code ec);
  void next_request();
  void linger();
  void close();
  http_request view_of_request() const;
  std::string list_of(std::string_view name) const;
  void learn_client();
  void note(int status, std::string_view method, const uuid* account);

  edge& edge_;
  const pages& site_;
  io_thread& thread_;
  client_socket socket_;
  connection_lease lease_;
  rpc::connection_id id_ = 0;
  phase phase_ = phase::idle;
  bool reading_ = false, close_after_ = false, closed_ = false;
  bool proxied_ = false;  ///< the connection's client is known from its PROXY protocol header
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;
  std::optional<http::request_header<>> header_;  ///< of a chunked body: without its trailers
  bool bad_chunk_ = false;
  std::function<void(std::uint64_t, boost::beast::string_view, error_code&)> on_chunk_;
  std::string request_id_;
  time_point asked_{};              ///< when the request was whole; none: it was refused before
  std::string scheme_;              ///< as a listed proxy says, or https with TLS; else empty
  std::shared_ptr<void> exchange_;  ///< of the request that is being served
  std::optional<http::response<http::string_body>> response_;
  std::optional<http::response<http::span_body<const char>>> shared_response_;
  std::shared_ptr<const std::string> shared_body_;
  std::size_t lingered_ = 0;
};

void http_connection::start() {
  id_ = thread_.add(shared_from_this());
  thread_.counts().accepted_total.add();
  if (lease_.proxy() && edge_.settings.proxy_protocol) return begin_behind_proxy();
  begin_tls();
}

void http_connection::begin() {
  enter(phase::idle, edge_.settings.header_timeout_ms);  // the first request is due at once
  read_more();
}

void http_connection::begin_behind_proxy() {
  enter(phase::handshake, edge_.settings.header_timeout_ms);
  using bytes = std::array<unsigned char, proxy_head_bytes + max_proxy_rest_bytes>;
  auto read = std::make_shared<bytes>();
  const auto head = std::span(*read).first<proxy_head_bytes>();
  net::async_read(
      socket_.tcp(), net::buffer(head.data(), head.size()),
      [self = shared_from_this(), read, head](error_code ec, std::size_t) {
        if (self->closed_) return;
        const auto rest = ec ? std::nullopt : proxy_rest_bytes(head);
        if (!rest) return self->on_proxy_header(std::nullopt);
        const auto more = std::span(*read).subspan(head.size(), *rest);
        net::async_read(
            self->socket_.tcp(), net::buffer(more.data(), more.size()),
            [self, read, head, more](error_code failed, std::size_t) {
              if (self->closed_) return;
              self->on_proxy_header(failed ? std::nullopt
                                           : proxied_address(head, more, self->lease_.address()));
            });
      });
}

void http_connection::on_proxy_header(const std::optional<std::string>& client) {
  if (!client) {
    thread_.counts().requests_refused_total.add();
    if (thread_.may_log())
      log::info("gateway.refused", {{"address", lease_.address()},
                                    {"status", 0},
                                    {"reason", "The proxy sent no PROXY protocol header."},
                                    {"request_id", ""}});
    return close();
  }
  lease_.speak_for(*client);
  proxied_ = true;
  begin_tls();
}

void http_connection::begin_tls() {
  if (!socket_.secure()) return begin();
  scheme_ = "https";
  enter(phase::handshake, edge_.settings.tls.handshake_timeout_ms);
  socket_.async_handshake([self = shared_from_this()](error_code ec) {
    if (self->closed_) return;
    auto& counts = self->thread_.counts();
    (ec ? counts.tls_failures_total : counts.tls_handshakes_total).add();
    if (ec) return self->close();
    self->begin();
  });
}

void http_connection::enter(phase p, unsigned timeout_ms) {
  phase_ = p;
  thread_.set_deadline(id_, timeout_ms == 0 ? time_point::max()
                                            : std::chrono::steady_clock::now() +
                                                  std::chrono::milliseconds(timeout_ms));
}

void http_connection::read_more() {
  if (std::exchange(reading_, true)) return;
  constexpr std::size_t piece = 4096;
  socket_.async_read_some(buffer_.prepare(phase_ == phase::body ? 4 * piece : piece),
                          [self = shared_from_this()](error_code ec, std::size_t n) {
                            self->reading_ = false;
                            if (self->closed_) return;
                            if (ec) return self->close();
                            self->buffer_.commit(n);
                            self->on_bytes();
                          });
}

void http_connection::on_bytes() {
  switch (phase_) {
    case phase::idle:
    case phase::header: return on_header_bytes();
    case phase::body: return on_body_bytes();
    case phase::lingering:
      lingered_ += buffer_.size();
      buffer_.clear();
      if (lingered_ > edge_.settings.linger_bytes) return close();
      return read_more();
    case phase::handshake:
    case phase::serving:
    case phase::writing: return;
  }
}

void http_connection::on_header_bytes() {
  auto text = std::string_view(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  while (phase_ == phase::idle &&
         text.starts_with("\r\n")) {  // RFC 9112 §2.2: empty lines before a request
    buffer_.consume(2);
    text.remove_prefix(2);
  }
  bool half_line = phase_ == phase::idle && text == "\r";
  if (text.empty() || half_line) return read_more();
  const auto& s = edge_.settings;
  if (phase_ == phase::idle) enter(phase::header, s.header_timeout_ms);
  http_limits bounds{s.max_header_bytes, s.max_header_fields, s.max_target_bytes};
  auto end = text.find("\r\n\r\n");
  auto refused = end == text.npos ? check_partial_header(text, bounds)
                                  : check_header(text.substr(0, end + 4), bounds);
  if (refused) return refuse(refused->status, refused->reason);
  if (end == text.npos) return read_more();
  begin_parsing(end + 4);
}

void http_connection::begin_parsing(std::size_t header_bytes) {
  const auto& s = edge_.settings;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(s.max_header_bytes + s.max_target_bytes + 256));
  parser_->body_limit(s.max_body_bytes);
  parser_->eager(false);
  bad_chunk_ = false;
  serve_as_1_1();
  on_chunk_ = [this](std::uint64_t, boost::beast::string_view extensions, error_code& ec) {
    if (chunk_extension_ok(view(extensions), edge_.settings.max_chunk_extension_bytes)) return;
    bad_chunk_ = true;
    ec = http::error::bad_chunk_extension;
  };
  parser_->on_chunk_header(on_chunk_);
  error_code ec;
  auto used = parser_->put(net::const_buffer(buffer_.data().data(), header_bytes), ec);
  if (ec == http::error::body_limit) return refuse(413, "The body is too large.");
  if (ec || !parser_->is_header_done()) return refuse(400, "The request is malformed.");
  if (parser_->content_length().value_or(0) > s.max_body_bytes)
    return refuse(413, "The body is too large.");
  buffer_.consume(used);
  if (parser_->chunked()) header_ = parser_->get().base();
  close_after_ = !parser_->keep_alive() || parser_->get().version() < 11;
  parser_->eager(true);
  if (!check_expectation()) return;
  enter(phase::body, s.body_timeout_ms);
  on_body_bytes();
}

bool http_connection::check_expectation() {
  auto expect = parser_->get()[http::field::expect];
  if (expect.empty() || parser_->is_done()) return true;
  if (!boost::beast::iequals(expect, "100-continue") || parser_->get().version() < 11) {
    refuse(417, "The expectation is not supported.");
    return false;
  }
  if (buffer_.size() > 0) return true;
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  error_code ec;
  auto n = socket_.write_some(net::buffer(go_on),
                              ec);  // the socket's buffer is empty: all of it or a broken client
  if (!ec && n == go_on.size() && socket_.drained(ec)) return true;
  close();
  return false;
}

void http_connection::on_body_bytes() {
  error_code ec;
  while (!parser_->is_done() && buffer_.size() > 0) {
    auto used = parser_->put(buffer_.data(), ec);
    buffer_.consume(used);
    if (ec) break;
  }
  if (ec == http::error::need_more) {
    // Beast waits for the end of a chunk's size line or of the trailer; neither may grow.
    if (buffer_.size() > (in_trailer() ? edge_.settings.max_header_bytes
                                       : edge_.settings.max_chunk_extension_bytes + 64))
      return refuse(400, "A chunk header or trailer is too large.");
    ec = {};
  }
  if (bad_chunk_) return refuse(400, "A chunk extension is not acceptable.");
  if (ec == http::error::body_limit) return refuse(413, "The body is too large.");
  if (ec) return refuse(400, "The body is malformed.");
  if (!parser_->is_done()) return read_more();
  if (header_) parser_->get().base() = *std::exchange(header_, std::nullopt);
  on_request();
}

/// HTTP/1.2 and later minor versions (RFC 9110 §2.5), which Beast refuses.
void http_connection::serve_as_1_1() {
  auto* text = static_cast<char*>(buffer_.data().data());
  auto line = std::string_view(text, buffer_.size()).find("\r\n");
  if (text[line - 1] != '0') text[line - 1] = '1';
}

/// What waits begins with the last chunk's size, 0.
bool http_connection::in_trailer() const {
  auto text = std::string_view(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  if (text.starts_with("\r\n")) text.remove_prefix(2);
  auto size = text.substr(0, text.find_first_of(";\r"));
  return size.size() < text.size() && !size.empty() && size.find_first_not_of('0') == size.npos;
}

void http_connection::refuse(int status, std::string_view reason) {
  thread_.counts().requests_refused_total.add();
  errc code = errc::invalid_request;
  if (status == 413) code = errc::payload_too_large;
  if (status == 414) code = errc::uri_too_long;
  if (status == 431) code = errc::headers_too_large;
  request_id_ = choose_request_id(edge_, {});
  if (thread_.may_log())
    log::info("gateway.refused", {{"address", lease_.address()},
                                  {"status", status},
                                  {"reason", reason},
                                  {"request_id", request_id_}});
  buffer_.clear();
  auto a = problem_answer(make_error(code, std::string(reason)), request_id_, status);
  a.close = true;
  phase_ = phase::serving;
  answer(std::move(a));
}

http_request http_connection::view_of_request() const {
  const auto& message = parser_->get();
  http_request out;
  out.verb = view(message.method_string());
  out.target = view(message.target());
  out.body = message.body();
  auto take = [&](http::field name, std::string_view& to) {
    auto range = message.equal_range(name);
    if (range.first == range.second) return;
    to = view(range.first->value());
    if (std::next(range.first) != range.second) out.repeated_field = true;
  };
  take(http::field::host, out.host);
  take(http::field::origin, out.origin);
  take(http::field::authorization, out.authorization);
  take(http::field::content_type, out.content_type);
  take(http::field::user_agent, out.user_agent);
  take(http::field::content_encoding, out.content_encoding);
  take(http::field::access_control_request_method, out.access_control_request_method);
  if (auto authority = authority_of(out.target); !authority.empty()) out.host = authority;
  auto take_named = [&](const char* name, std::string_view& to) {
    if (message.count(name) > 1) out.repeated_field = true;
    auto at = message.find(name);
    if (at != message.end()) to = view(at->value());
  };
  take_named("Idempotency-Key", out.idempotency_key);
  take_named("X-Request-Id", out.request_id);
  auto at = message.find(http::field::accept);
  if (at != message.end()) out.accept = view(at->value());
  return out;
}

void http_connection::on_request() {
  auto request = view_of_request();
  asked_ = std::chrono::steady_clock::now();
  enter(phase::serving, 0);
  request_id_ = choose_request_id(edge_, request.request_id);
  learn_client();
  if (!edge_.operations && request.verb == "GET" &&
      split_target(request.target).first == socket_path)
    return upgrade(request, request_id_);
  exchange_ = serve_http(edge_, site_, thread_, request, lease_.address(), request_id_,
                         [weak = weak_from_this()](http_answer a) {
                           if (auto self = weak.lock()) self->answer(std::move(a));
                         });
}

/// All lines of a field as one list.
std::string http_connection::list_of(std::string_view name) const {
  std::string out;
  auto range = parser_->get().equal_range({name.data(), name.size()});
  for (auto at = range.first; at != range.second; ++at) {
    if (!out.empty()) out += ", ";
    out += view(at->value());
  }
  return out;
}

/// Behind a listed proxy each request may be another client's.
void http_connection::learn_client() {
  if (!lease_.proxy() || proxied_) return;
  auto forwarded = list_of("Forwarded"), addresses = list_of("X-Forwarded-For"),
       protocols = list_of("X-Forwarded-Proto");
  auto client = edge_.proxies.client_of({forwarded, addresses, protocols});
  error_code ignored;
  if (client.address.empty())
    client.address = socket_.tcp().remote_endpoint(ignored).address().to_string();
  lease_.speak_for(std::move(client.address));
  scheme_ = std::move(client.scheme);
  if (scheme_.empty() && socket_.secure()) scheme_ = "https";
}

/// The request's line of the request log; what was refused as no HTTP has one of its own.
void http_connection::note(int status, std::string_view method, const uuid* account) {
  if (asked_ == time_point{} || !request_is_logged(status)) return;
  std::string named(method);
  if (named.empty()) {
    const auto& asked = parser_->get();
    named = std::string(view(asked.method_string())) + ' ' +
            std::string(split_target(view(asked.target())).first);
  }
  log_request(thread_, {"http", named, status, std::chrono::steady_clock::now() - asked_,
                        request_id_, account, lease_.address()});
}

void http_connection::upgrade(http_request request, std::string request_id) {
  auto upgrade_required = [&](std::string detail) {
    auto a = problem_answer(make_error(errc::invalid_request, std::move(detail)), request_id, 426);
    a.fields.emplace_back("Upgrade", "websocket");
    a.fields.emplace_back("Connection", "upgrade");
    a.fields.emplace_back("Sec-WebSocket-Version", "13");
    return a;
  };
  if (!boost::beast::websocket::is_upgrade(parser_->get()))
    return answer(upgrade_required("This is a WebSocket."));
  const auto& fields = parser_->get();
  if (fields.count("Sec-WebSocket-Version") != 1 || fields["Sec-WebSocket-Version"] != "13")
    return answer(upgrade_required("Version 13 is spoken here."));
  if (fields.count("Sec-WebSocket-Key") != 1 || !is_socket_key(view(fields["Sec-WebSocket-Key"])))
    return answer(problem_answer(
        make_error(errc::invalid_request, "Sec-WebSocket-Key is not 16 bytes in base64."),
        request_id));
  if (request.repeated_field)
    return answer(problem_answer(
        make_error(errc::invalid_request, "A header field came more than once."), request_id));
  auto protocols = list_of("Sec-WebSocket-Protocol");
  judge_handshake(
      edge_, thread_, {request.origin, request.host, scheme_, request.authorization, protocols},
      lease_.address(),
      [self = shared_from_this(), request_id,
       token = !request.authorization.empty()](result<handshake> accepted) {
        if (self->closed_) return;
        if (!accepted) {
          auto a = problem_answer(accepted.error(), request_id);
          if (token) blame_token(a);
          return self->answer(std::move(a));
        }
        constexpr int switching = 101;
        self->note(switching, {}, accepted->who ? &accepted->who->account : nullptr);
        const auto& left = self->buffer_;
        accepted->request_id = request_id;
        accepted->leftover.assign(static_cast<const char*>(left.data().data()), left.size());
        self->closed_ = true;
        start_websocket(self->edge_, self->thread_, self->id_, std::move(self->socket_),
                        std::move(self->lease_), self->parser_->release(), std::move(*accepted));
      });
}

void http_connection::answer(http_answer a) {
  if (closed_) return;
  thread_.counts().requests_total.add();
  note(a.status, a.method, a.account ? &*a.account : nullptr);
  asked_ = {};
  close_after_ = close_after_ || a.close || edge_.draining;
  bool parsed = parser_ && parser_->is_header_done();
  bool head = parsed && parser_->get().method() == http::verb::head;
  if (parsed) {
    const auto& asked = parser_->get();
    suit(a,
         {view(asked[http::field::if_none_match]), view(asked[http::field::accept_encoding]),
          view(asked[http::field::origin])},
         edge_.settings.allowed_origins);
  }
  auto fill = [&](auto& response, std::size_t size) {
    response.version(11);
    response.result(static_cast<unsigned>(a.status));
    if (!a.content_type.empty()) response.set(http::field::content_type, a.content_type);
    for (const auto& [name, value] : a.fields) response.insert(name, value);
    response.set("Date", http_date(edge_.wall.now()));
    response.set("X-Request-Id", request_id_);
    response.set("X-Content-Type-Options", "nosniff");
    if (socket_.secure() && edge_.settings.tls.hsts_max_age_s != 0)
      response.set("Strict-Transport-Security",
                   "max-age=" + std::to_string(edge_.settings.tls.hsts_max_age_s));
    if (a.status != 204 && a.status != 304) response.content_length(size);
    response.keep_alive(!close_after_);
  };
  enter(phase::writing, edge_.settings.write_timeout_ms);
  auto written = [self = shared_from_this()](error_code ec, std::size_t) { self->on_written(ec); };
  if (a.shared_body) {
    shared_body_ = std::move(a.shared_body);
    shared_response_.emplace();
    fill(*shared_response_, shared_body_->size());
    if (!head) shared_response_->body() = {shared_body_->data(), shared_body_->size()};
    return http::async_write(socket_, *shared_response_, written);
  }
  response_.emplace();
  fill(*response_, a.body.size());
  if (!head) response_->body() = std::move(a.body);
  http::async_write(socket_, *response_, written);
}

void http_connection::on_written(error_code ec) {
  if (closed_) return;
  if (ec) return close();
  bool idle_memory_large = buffer_.capacity() > 16 * 1024;
  response_.reset();
  shared_response_.reset();
  shared_body_.reset();
  parser_.reset();
  exchange_.reset();
  if (close_after_) return linger();
  if (idle_memory_large && buffer_.size() == 0) buffer_.shrink_to_fit();
  next_request();
}

void http_connection::next_request() {
  enter(phase::idle, edge_.settings.idle_timeout_ms);
  if (buffer_.size() > 0) return on_header_bytes();
  read_more();
}

// Closing with unread bytes resets the connection and may take the answer with it: so the client
// gets a moment.
void http_connection::linger() {
  socket_.end_writing();
  buffer_.clear();
  lingered_ = 0;
  enter(phase::lingering, edge_.settings.linger_ms);
  read_more();
}

void http_connection::on_deadline(time_point) {
  if (phase_ == phase::handshake && socket_.secure()) thread_.counts().tls_failures_total.add();
  if (phase_ != phase::lingering && phase_ != phase::idle)
    thread_.counts().http_timeouts_total.add();
  close();
}

void http_connection::drain() {
  close_after_ = true;
  if (phase_ == phase::idle || phase_ == phase::handshake) close();
}

void http_connection::cut() { close(); }

void http_connection::close() {
  if (std::exchange(closed_, true)) return;
  socket_.close();
  thread_.remove(id_);
}

}  // namespace

void start_http(edge& e, const pages& site, io_thread& thread, client_socket socket,
                connection_lease lease) {
  std::make_shared<http_connection>(e, site, thread, std::move(socket), std::move(lease))->start();
}

}  // namespace nova::gateway
