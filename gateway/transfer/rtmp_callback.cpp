#include "gateway/transfer/rtmp_callback.hpp"

#include "gateway/codec/route_table.hpp"
#include "gateway/loop/io_thread.hpp"
#include "protocols/core/jwt.hpp"

#include <algorithm>
#include <array>

namespace nova::gateway {
namespace {

constexpr std::size_t id_digits = 32;

/// The stream is of another mind; it is not just away.
bool refuses(const error& e) {
  return e.code == errc::forbidden || e.code == errc::expired || e.code == errc::conflict ||
         e.code == errc::not_found || e.code == errc::invalid_request;
}

std::string value_of(const parameters& form, std::string_view name) {
  for (const auto& [n, value] : form)
    if (n == name) return value;
  return {};
}

}  // namespace

std::optional<std::string> stream_of_key(std::string_view key) {
  if (key.find('.') != id_digits) return std::nullopt;
  std::string id(key.substr(0, id_digits));
  const bool hex = std::ranges::all_of(
      id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!hex) return std::nullopt;
  for (const std::size_t at : {8, 13, 18, 23}) id.insert(at, 1, '-');
  return id;
}

rtmp_callback::rtmp_callback(transfer_common& shared, const live_steps& steps, io_thread& thread,
                             const http_request& request, const std::string& address,
                             const std::string& request_id, stream_answers answers)
    : transfer_request(shared, thread, request, address, request_id, std::move(answers)),
      steps_(steps) {
  caller_.kind = rpc::caller_kind::node;
}

// The connection knows its taker of bytes only after this call.
void rtmp_callback::start() {
  thread_->post([self = self()] { self->want_more(); });
}

bool rtmp_callback::take(std::string_view bytes) {
  if (form_.size() + bytes.size() > max_bytes) fail(make_error(errc::payload_too_large));
  else form_ += bytes;
  return true;
}

void rtmp_callback::end() {
  if (answered()) return;
  const auto form = read_query(form_);
  if (!form) return fail(make_error(errc::invalid_request, "This is no form."));
  const auto call = value_of(*form, "call"), key = value_of(*form, "name"),
             client = value_of(*form, "clientid");
  if (call == "publish") return publish(key, "rtmp " + value_of(*form, "addr"), client);
  if (call == "update_publish") return go_on(key);
  if (call == "publish_done") tell_gone(key, client);
  say(200);
}

void rtmp_callback::publish(const std::string& key, const std::string& from,
                            const std::string& client) {
  const auto stream = stream_of_key(key);
  if (!stream) return fail(make_error(errc::forbidden, "This key is not valid."));
  std::array<std::uint8_t, 16> random{};
  shared_.common.random.fill(random);
  const auto token = base64url_encode(random);
  const rtmp_publisher p{*stream, key, from, client};
  ask_stream(p, [self = self(), p, token](const std::optional<error>& why) {
    if (why) return self->fail(*why);
    if (!self->shared_.common.rtmp.enter(token, p))
      return self->fail(make_error(errc::conflict, "Another encoder publishes to this stream."));
    self->say(302, token);
  });
}

void rtmp_callback::go_on(const std::string& key) {
  const auto p = shared_.common.rtmp.find_key(key);
  if (!p) return fail(make_error(errc::forbidden, "This key is not valid."));
  ask_stream(*p, [self = self()](const std::optional<error>& why) {
    if (why && refuses(*why)) return self->fail(*why);
    self->say(200);
  });
}

// The stream is interrupted at once, and need not wait for silence.
void rtmp_callback::tell_gone(const std::string& key, const std::string& client) {
  const auto p = shared_.common.rtmp.find_key(key);
  if (!p || p->client != client) return;
  shared_.common.rtmp.leave(key, client);
  auto q = std::make_shared<live::PublishRequest>();
  q->set_stream_id(p->stream_id);
  q->set_key(p->key);
  q->set_publisher(p->from);
  q->set_gone(true);
  ask<live::PublishReply>(*steps_.publish, std::move(q), [](const result<live::PublishReply>&) {});
}

void rtmp_callback::ask_stream(const rtmp_publisher& p,
                               std::function<void(std::optional<error>)> then) {
  auto q = std::make_shared<live::AdmitRequest>();
  q->set_stream_id(p.stream_id);
  q->set_key(p.key);
  q->set_file("index.m3u8");
  q->set_publisher(p.from);
  ask<live::Admission>(*steps_.admit, std::move(q),
                       [then = std::move(then)](const result<live::Admission>& a) {
                         then(a ? std::nullopt : std::optional(a.error()));
                       });
}

void rtmp_callback::say(int status, std::string location) {
  http_answer a;
  a.status = status;
  if (!location.empty()) a.fields.emplace_back("Location", std::move(location));
  a.close = true;
  answer(std::move(a));
}

}  // namespace nova::gateway
