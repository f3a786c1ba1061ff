// How a connection answers, and hands its socket on to a WebSocket.
#include "gateway/http/open_connection.hpp"

#include "gateway/http/answer_rules.hpp"
#include "gateway/loop/http_date.hpp"
#include "gateway/session/request_log.hpp"
#include "gateway/websocket/websocket_connection.hpp"

#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>
#include <cctype>

namespace nova::gateway {
namespace {

/// RFC 6455 §4.1: base64 of 16 bytes.
bool is_socket_key(std::string_view key) {
  constexpr std::size_t digits = 22;
  auto digit = [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '/'; };
  return key.size() == digits + 2 && key.ends_with("==") &&
         std::all_of(key.begin(), key.begin() + digits, digit);
}

}  // namespace

/// The request's line of the request log; what was refused as no HTTP has one of its own.
void http_connection::note(const http_answer& a) {
  if (asked_ == time_point{} || !request_is_logged(a.status, a.signs_in)) return;
  std::string named(a.method);
  if (named.empty()) {
    const auto& asked = parser_->get();
    named = std::string(view(asked.method_string())) + ' ' +
            std::string(split_target(view(asked.target())).first);
  }
  log_request(thread_, {"http", named, a.status, std::chrono::steady_clock::now() - asked_,
                        request_id_, a.account ? &*a.account : nullptr, lease_.address(),
                        a.signs_in, a.session ? &*a.session : nullptr});
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
        http_answer switching;
        switching.status = 101;
        if (accepted->who) switching.account = accepted->who->account;
        self->note(switching);
        const auto& left = self->buffer_;
        accepted->request_id = request_id;
        accepted->leftover.assign(static_cast<const char*>(left.data().data()), left.size());
        self->closed_ = true;
        start_websocket(self->edge_, self->thread_, self->id_, std::move(self->socket_),
                        std::move(self->lease_), upgrade_request(self->parser_->release().base()),
                        std::move(*accepted));
      });
}

void http_connection::answer(http_answer a) {
  if (closed_) return;
  thread_.counts().requests_total.add();
  note(a);
  asked_ = {};
  close_after_ =
      close_after_ || a.close || edge_.draining || (streamed_ && parser_ && !parser_->is_done());
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
  if (a.file) {
    file_response_.emplace();
    fill(*file_response_, static_cast<std::size_t>(a.file->length));
    file_header_.emplace(*file_response_);
    if (!head)
      sender_ = std::make_shared<file_sender>(socket_, thread_, *parts_.files, std::move(*a.file));
    return http::async_write_header(
        socket_, *file_header_,
        [self = shared_from_this()](error_code ec, std::size_t) { self->send_file(ec); });
  }
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

void http_connection::send_file(error_code ec) {
  if (closed_) return;
  if (ec || !sender_) return on_written(ec);
  sender_->start(
      [weak = weak_from_this()] {
        if (auto self = weak.lock())
          self->enter(phase::writing, self->edge_.settings.write_timeout_ms);
      },
      [self = shared_from_this()](error_code failed) { self->on_written(failed); });
}

void http_connection::on_written(error_code ec) {
  if (closed_) return;
  if (ec) return close();
  sender_.reset();
  file_header_.reset();
  file_response_.reset();
  end_stream();
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

/// The taker is not called any more.
void http_connection::end_stream() {
  if (taker_ && parser_) parser_->get().body().taker = nullptr;
  taker_.reset();
  expected_ = false;
  ++stream_;
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

}  // namespace nova::gateway
