#include "tests/fuzz/edge_stage.hpp"

#include "gateway/http/http_connection.hpp"
#include "gateway/http/pages.hpp"
#include "gateway/session/edge.hpp"
#include "protocols/session/session.pb.h"
#include "tests/fuzz/claim.hpp"

#include <google/protobuf/stubs/logging.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace nova::fuzz {
namespace {

const signing_key& key() {
  static const signing_key made = make_signing_key("key-1", std::array<std::uint8_t, 32>{7});
  return made;
}

rpc::message_ptr keys() {
  auto reply = std::make_shared<session::KeysReply>();
  auto& jwk = *reply->add_keys();
  jwk.set_kty("OKP");
  jwk.set_crv("Ed25519");
  jwk.set_kid(key().kid);
  jwk.set_x(base64url_encode(public_part(key()).public_key));
  return reply;
}

/// The client's end of the pair.
class peer {
 public:
  explicit peer(int fd) : fd_(fd) {}
  ~peer() { ::close(fd_); }
  peer(const peer&) = delete;

  /// Bytes taken; 0 when the server's buffer is full or its end closed.
  std::size_t write(std::string_view bytes) {
    auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) broken_ = true;
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  /// True when something came or the server ended.
  bool read(played& to) {
    std::array<char, 16384> buffer;
    auto n = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) return to.sent.append(buffer.data(), static_cast<std::size_t>(n)), true;
    bool end = n == 0 || (n < 0 && errno != EAGAIN);
    return end && !std::exchange(to.ended, true);
  }
  bool broken() const noexcept { return broken_; }

 private:
  int fd_;
  bool broken_ = false;
};

void settle(gateway::io_thread& thread, peer& client, played& out) {
  bool moved = true;
  while (moved) {
    thread.context().restart();
    moved = thread.context().poll() > 0;
    moved = client.read(out) || moved;
  }
}

}  // namespace

void answering_bus::call(rpc::call c) {
  if (c.request_id == "gateway" && c.caller.kind == rpc::caller_kind::node &&
      c.caller.connection == 0)
    return c.reply(c.method->name == "auth.Auth.Keys" ? keys()
                                                      : rpc::message_ptr(c.method->reply->make()));
  std::string request(c.method->name);
  request += ' ';
  c.method->request->write_json(*c.request, request);
  asked.push_back(std::move(request));
  if (asked.size() % 3 == 0) return c.reply(make_error(errc::not_found));
  c.reply(rpc::message_ptr(c.method->reply->make()));
}

config::gateway_settings small_limits() {
  config::gateway_settings s;
  s.max_header_bytes = 1024;
  s.max_header_fields = 12;
  s.max_target_bytes = 128;
  s.max_body_bytes = 300;
  s.max_chunk_extension_bytes = 16;
  s.max_message_bytes = 300;
  s.max_json_depth = 8;
  s.resume_key = std::string(32, 'r');
  s.address_sign_in_per_s = s.account_sign_in_per_s = 1e6;
  s.max_pings_per_s = 1'000'000;
  return s;
}

std::string access_token() {
  jwt_claims claims{"nova",
                    "nova",
                    "019336f0-0000-7000-8000-000000000001",
                    "019336f0-0000-7000-8000-000000000002",
                    1'800'000'000,
                    1'800'000'000,
                    1'800'000'900,
                    {}};
  return sign_jwt(claims, key());
}

/// One gateway for all inputs: its tables take longer to build than an input to play.
struct gateway_house {
  gateway_house() : common(small_limits(), clock, random) {
    google::protobuf::SetLogHandler(nullptr);  // as the server does
    common.bus = &bus;
    common.metrics_text = [] { return std::string(); };
    common.tokens->connect(bus);
  }
  fixed_clock clock;
  counting_random random;
  answering_bus bus;
  gateway::edge common;
  const gateway::pages site{common};
  const gateway::http_parts_of_server parts{site};
};

played play(std::span<const std::string_view> pieces) {
  static gateway_house house;
  auto& common = house.common;
  house.random = {};
  house.bus.asked.clear();
  auto thread = std::make_shared<gateway::io_thread>(0);

  int ends[2];
  claim(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "a socket pair");
  played out;
  {
    peer client(ends[0]);
    gateway::tcp_socket socket(thread->context());
    socket.assign(boost::asio::ip::tcp::v4(), ends[1]);
    gateway::connection_lease lease;
    claim(common.limits.admit("127.0.0.1", lease) == gateway::limits::refused::none, "a place");
    start_http(common, house.parts, *thread, gateway::client_socket(std::move(socket), nullptr),
               std::move(lease));
    settle(*thread, client, out);
    for (auto piece : pieces)
      while (!piece.empty() && !out.ended && !client.broken()) {
        piece.remove_prefix(client.write(piece));
        settle(*thread, client, out);
      }
    settle(*thread, client, out);
  }
  played ignored;
  int nobody[2];
  claim(::socketpair(AF_UNIX, SOCK_STREAM, 0, nobody) == 0, "a socket pair");
  ::close(nobody[1]);
  peer gone(nobody[0]);
  settle(*thread, gone, ignored);
  thread->for_each([](gateway::connection& c) { c.cut(); });
  settle(*thread, gone, ignored);
  claim(thread->size() == 0, "no connection is left");
  claim(common.limits.connections() == 0, "every place is given back");
  out.asked = std::move(house.bus.asked);
  return out;
}

std::vector<std::string_view> cut(std::string_view text, std::uint32_t seed) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    seed = seed * 1664525u + 1013904223u;
    auto n = std::min<std::size_t>(text.size(), 1 + (seed >> 24) % 40);
    out.push_back(text.substr(0, n));
    text.remove_prefix(n);
  }
  return out;
}

}  // namespace nova::fuzz
