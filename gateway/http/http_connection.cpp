// Beast parses the requests; http_rules judges their raw bytes before.
#include "gateway/http/http_connection.hpp"

#include "gateway/access/proxy_header.hpp"
#include "gateway/http/http_exchange.hpp"
#include "gateway/http/http_rules.hpp"
#include "gateway/http/open_connection.hpp"
#include "protocols/core/log.hpp"

#include <boost/asio/read.hpp>

#include <array>
#include <optional>
#include <span>

namespace nova::gateway {

namespace net = boost::asio;

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
  const bool bulk = phase_ == phase::body || phase_ == phase::lingering;
  const auto wanted = !bulk ? piece : streamed_ ? 16 * piece : 4 * piece;
  socket_.async_read_some(buffer_.prepare(wanted),
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
      if (lingered_ >
          (streamed_ ? edge_.settings.upload_linger_bytes : edge_.settings.linger_bytes))
        return close();
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
  const auto line = std::string_view(static_cast<const char*>(buffer_.data().data()), header_bytes);
  streamed_ = is_streamed(line.substr(0, line.find('\r')));
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(s.max_header_bytes + s.max_target_bytes + 256));
  parser_->body_limit(boost::none);
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
  if (ec || !parser_->is_header_done()) return refuse(400, "The request is malformed.");
  if (!streamed_ && parser_->content_length().value_or(0) > s.max_body_bytes)
    return refuse(413, "The body is too large.");
  if (!streamed_) parser_->body_limit(s.max_body_bytes);
  buffer_.consume(used);
  header_.reset();
  if (parser_->chunked() && !streamed_) header_ = parser_->get().base();
  close_after_ = !parser_->keep_alive() || parser_->get().version() < 11;
  parser_->eager(true);
  if (streamed_) return begin_stream();
  if (!check_expectation()) return;
  enter(phase::body, s.body_timeout_ms);
  on_body_bytes();
}

/// The request line names a path whose requests begin before their body.
bool http_connection::is_streamed(std::string_view line) const {
  if (parts_.streams == nullptr) return false;
  const auto blank = line.find(' ');
  const auto target = line.substr(blank + 1, line.rfind(' ') - blank - 1);
  return parts_.streams->takes(line.substr(0, blank), split_target(target).first);
}

void http_connection::begin_stream() {
  auto request = view_of_request();
  asked_ = std::chrono::steady_clock::now();
  enter(phase::serving, 0);
  request_id_ = choose_request_id(edge_, request.request_id);
  learn_client();
  request.field = [this](std::string_view name) {
    return view(parser_->get()[{name.data(), name.size()}]);
  };
  if (const auto length = parser_->content_length()) request.content_length = *length;
  else if (!parser_->chunked()) request.content_length = 0;
  stream_answers answers;
  answers.more = [weak = weak_from_this(), stream = stream_] {
    if (auto self = weak.lock(); self && self->stream_ == stream) self->go_on_streaming();
  };
  answers.done = [weak = weak_from_this(), stream = stream_](http_answer a) {
    if (auto self = weak.lock(); self && self->stream_ == stream) self->answer(std::move(a));
  };
  auto taker =
      parts_.streams->begin(thread_, request, lease_.address(), request_id_, std::move(answers));
  if (closed_ || phase_ == phase::writing) return;
  taker_ = std::move(taker);
  parser_->get().body().taker = taker_.get();
}

void http_connection::go_on_streaming() {
  if (closed_ || !taker_ || phase_ != phase::serving) return;
  parser_->get().body().wants_more = true;
  if (!std::exchange(expected_, true) && !check_expectation()) return;
  enter(phase::body, edge_.settings.upload_idle_ms);
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
  if (ec && ec != http::error::need_more && taker_ && phase_ == phase::body) {
    auto taker = taker_;
    end_stream();
    taker->broken();
  }
  if (ec == http::error::need_more) {
    // Beast waits for the end of a chunk's size line or of the trailer; neither may grow.
    if (buffer_.size() > (in_trailer() ? edge_.settings.max_header_bytes
                                       : edge_.settings.max_chunk_extension_bytes + 64))
      return refuse(400, "A chunk header or trailer is too large.");
    ec = {};
  }
  if (closed_ || phase_ != phase::body) return;  // the taker has answered
  if (bad_chunk_) return refuse(400, "A chunk extension is not acceptable.");
  if (ec == http::error::body_limit) return refuse(413, "The body is too large.");
  if (ec) return refuse(400, "The body is malformed.");
  if (!parser_->is_done() && taker_ && !parser_->get().body().wants_more)
    return enter(phase::serving, 0);
  if (!parser_->is_done()) {
    if (taker_) enter(phase::body, edge_.settings.upload_idle_ms);
    return read_more();
  }
  if (taker_) {
    enter(phase::serving, 0);
    return taker_->end();
  }
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
  out.body = message.body().text;
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
  request.scheme = scheme_;
  if (!edge_.operations && request.verb == "GET" &&
      split_target(request.target).first == socket_path)
    return upgrade(request, request_id_);
  exchange_ = serve_http(edge_, parts_.site, thread_, request, lease_.address(), request_id_,
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
  if (sender_) std::exchange(sender_, nullptr)->stop();
  if (taker_) {
    auto taker = taker_;
    end_stream();
    taker->broken();
  }
  socket_.close();
  thread_.remove(id_);
}

void start_http(edge& e, const http_parts_of_server& parts, io_thread& thread, client_socket socket,
                connection_lease lease) {
  std::make_shared<http_connection>(e, parts, thread, std::move(socket), std::move(lease))->start();
}

}  // namespace nova::gateway
