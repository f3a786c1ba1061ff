// The test's server, bus and clients; see edge_fixture.hpp.
#include "tests/gateway/edge_fixture.hpp"

#include "protocols/core/text.hpp"
#include "protocols/session/session.pb.h"
#include "tests/support/slowdown.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace nova::test {
namespace {

constexpr int patience_ms = 5000 * slowdown;
constexpr auto patience = std::chrono::milliseconds(patience_ms);

}  // namespace

void fake_bus::call(rpc::call c) {
  std::string name(c.method->rpc.empty() ? c.method->name : c.method->rpc);
  handler h;
  {
    std::lock_guard lock(mutex_);
    seen_[name].push_back(c);
    if (auto at = handlers_.find(name); at != handlers_.end()) h = at->second;
  }
  changed_.notify_all();
  if (h) return h(c);
  c.reply(rpc::message_ptr(c.method->reply->make()));
}

void fake_bus::attach(rpc::attachment a, std::function<void(result<void>)> attached) {
  bool hold;
  {
    std::lock_guard lock(mutex_);
    attachments_.push_back(a);
    hold = holding_;
    if (hold) held_.push_back(attached);
  }
  changed_.notify_all();
  if (!hold) attached({});
}

void fake_bus::detach(rpc::connection_id, const uuid&) {
  std::lock_guard lock(mutex_);
  ++detached_;
  changed_.notify_all();
}

void fake_bus::on(std::string name, handler h) {
  std::lock_guard lock(mutex_);
  handlers_[std::move(name)] = std::move(h);
}

void fake_bus::hold_attachments() {
  std::lock_guard lock(mutex_);
  holding_ = true;
}

void fake_bus::release_attachments() {
  std::vector<std::function<void(result<void>)>> held;
  {
    std::lock_guard lock(mutex_);
    holding_ = false;
    held.swap(held_);
  }
  for (auto& h : held) h({});
}

rpc::attachment fake_bus::attachment(std::size_t n) {
  std::unique_lock lock(mutex_);
  REQUIRE(changed_.wait_for(lock, patience, [&] { return attachments_.size() > n; }));
  return attachments_[n];
}

std::size_t fake_bus::attached() {
  std::lock_guard lock(mutex_);
  return attachments_.size();
}

std::size_t fake_bus::detached(std::size_t at_least) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return detached_ >= at_least; });
  return detached_;
}

std::vector<rpc::call> fake_bus::calls(const std::string& name, std::size_t at_least) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return seen_[name].size() >= at_least; });
  return seen_[name];
}

raw_client::raw_client(std::uint16_t port, std::string_view source, int receive_buffer) {
  fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(fd_ >= 0);
  if (receive_buffer > 0)
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in from{}, to{};
  from.sin_family = to.sin_family = AF_INET;
  ::inet_pton(AF_INET, std::string(source).c_str(), &from.sin_addr);
  ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  to.sin_port = htons(port);
  REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&from), sizeof from) == 0);
  REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
}

raw_client::raw_client(raw_client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

raw_client::~raw_client() {
  if (fd_ >= 0) ::close(fd_);
}

bool raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd p{fd_, POLLOUT, 0};
    if (::poll(&p, 1, patience_ms) <= 0) return false;
    auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool raw_client::fill() {
  pollfd p{fd_, POLLIN, 0};
  int came = ::poll(&p, 1, patience_ms);
  REQUIRE_MESSAGE(came > 0, "nothing came in time");
  char piece[16384];
  auto n = ::recv(fd_, piece, sizeof piece, 0);
  if (n <= 0) return false;
  buffer_.append(piece, static_cast<std::size_t>(n));
  return true;
}

std::optional<std::string> raw_client::read(std::size_t n) {
  while (buffer_.size() < n)
    if (!fill()) return std::nullopt;
  auto out = buffer_.substr(0, n);
  buffer_.erase(0, n);
  return out;
}

std::string raw_client::read_some(int ms) {
  pollfd p{fd_, POLLIN, 0};
  if (buffer_.empty() && ::poll(&p, 1, ms) > 0) fill();
  return std::exchange(buffer_, {});
}

bool raw_client::ended() { return buffer_.empty() && !fill(); }

http_reply raw_client::read_reply(bool head) {
  http_reply out;
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == buffer_.npos)
    if (!fill()) return out;
  auto block = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  out.status = std::stoi(block.substr(9, 3));
  for (auto at = block.find("\r\n") + 2; at < block.size();) {
    auto stop = block.find("\r\n", at), colon = block.find(':', at);
    auto value = block.substr(colon + 1, stop - colon - 1);
    value.erase(0, value.find_first_not_of(' '));
    out.fields[ascii_lower(block.substr(at, colon - at))] = value;
    at = stop + 2;
  }
  auto length = out.fields.find("content-length");
  if (!head && length != out.fields.end()) out.body = read(std::stoul(length->second)).value_or("");
  return out;
}

ws_client::ws_client(std::uint16_t port, std::string fields, int receive_buffer)
    : raw_(port, "127.0.0.1", receive_buffer) {
  raw_.send(
      "GET /v1/ws HTTP/1.1\r\nHost: nova.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      fields + "\r\n");
  answer_ = raw_.read_reply();
}

void ws_client::send_frame(int opcode, std::string_view data, bool fin, bool masked) {
  std::string out;
  out += static_cast<char>((fin ? 0x80 : 0) | opcode);
  int mask_bit = masked ? 0x80 : 0;
  if (data.size() < 126) {
    out += static_cast<char>(mask_bit | static_cast<int>(data.size()));
  } else if (data.size() < 65536) {
    out += static_cast<char>(mask_bit | 126);
    for (int shift : {8, 0}) out += static_cast<char>(data.size() >> shift);
  } else {
    out += static_cast<char>(mask_bit | 127);
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(std::uint64_t{data.size()} >> shift);
  }
  if (masked) out += std::string(4, '\0');  // a mask of zeros leaves the data as it is
  out += data;
  raw_.send(out);
}

ws_message ws_client::read() {
  while (true) {
    auto head = raw_.read(2);
    if (!head) return {};
    int op = (*head)[0] & 0x0f;
    std::uint64_t size = (*head)[1] & 0x7f;
    int extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (extra) {
      auto more = raw_.read(static_cast<std::size_t>(extra));
      if (!more) return {};
      size = 0;
      for (unsigned char c : *more) size = size << 8 | c;
    }
    auto data = raw_.read(size);
    if (!data) return {};
    if (op != 9) return {op, std::move(*data)};
    send_frame(10, *data);
  }
}

int ws_client::read_close_code() {
  while (true) {
    auto m = read();
    if (m.opcode == 0 || m.opcode == 8) return m.close_code();
  }
}

std::string open_call(const std::string& token, const std::string& more) {
  return R"({"jsonrpc":"2.0","id":"open","method":"session.open","params":{"access_token":")" +
         token + '"' + more + "}}";
}

edge::edge(std::function<void(config::gateway_settings&)> change,
           std::function<void(fake_bus&)> prepare) {
  std::array<std::uint8_t, 32> seed{};
  seed[0] = 7;
  key = make_signing_key("k1", seed);
  account = make_uuid_v7(clock.now(), system_random());
  session = make_uuid_v7(clock.now(), system_random());
  bus.on("auth.Auth.Keys", [this](rpc::call& c) {
    auto reply = std::make_shared<session::KeysReply>();
    auto& jwk = *reply->add_keys();
    jwk.set_kty("OKP");
    jwk.set_crv("Ed25519");
    jwk.set_kid(key.kid);
    jwk.set_x(base64url_encode(public_part(key).public_key));
    c.reply(rpc::message_ptr(reply));
  });
  gateway::gateway_options options;
  options.settings.port = 0;
  options.wall = &clock;
  if (change) change(options.settings);
  if (prepare) prepare(bus);
  server = std::make_unique<gateway::server>(std::move(options));
  auto started = server->start(bus);
  REQUIRE(started.has_value());
  port = *started;
}

edge::~edge() { server->drain_and_stop(std::chrono::milliseconds(0)); }

std::string edge::token(const uuid& a, const uuid& s, std::int64_t ttl_s) const {
  auto now = clock.now() / 1000;
  return sign_jwt({"nova", "nova", to_string(a), to_string(s), now, now, now + ttl_s, {}}, key);
}

http_reply edge::get(const std::string& target, const std::string& fields) {
  raw_client c(port);
  c.send("GET " + target + " HTTP/1.1\r\nHost: nova.test\r\n" + fields + "\r\n");
  return c.read_reply();
}

http_reply edge::send(const std::string& verb, const std::string& target, const std::string& fields,
                      const std::string& body) {
  raw_client c(port);
  c.send(verb + ' ' + target + " HTTP/1.1\r\nHost: nova.test\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body);
  return c.read_reply();
}

ws_client edge::opened(std::string params) {
  auto c = socket();
  REQUIRE(c.open());
  c.send(open_call(token(), params));
  auto answer = c.read();
  REQUIRE(answer.data.find("\"result\"") != answer.data.npos);
  return c;
}

std::uint64_t edge::metric(const std::string& name) {
  auto body = get("/metrics").body;
  auto at = body.find("\nnova_gateway_" + name + ' ');
  REQUIRE(at != body.npos);
  return std::stoull(body.substr(body.find(' ', at) + 1));
}

}  // namespace nova::test
