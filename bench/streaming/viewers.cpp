#include "bench/streaming/viewers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>

namespace nova::bench {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr int look_again_ms = 50;
constexpr unsigned char text_frame = 1, close_frame = 8, ping_frame = 9, pong_frame = 10;

/// A frame of a client, RFC 6455 §5.2, with a mask of zeros. `payload` has at most 65,535 bytes.
std::string client_frame(unsigned char opcode, std::string_view payload) {
  std::string out(1, static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  return out.append(4, '\0').append(payload);
}

struct server_frame {
  unsigned char opcode = 0;
  std::string_view payload;
  std::size_t bytes = 0;
};

/// Empty: more is to come.
std::optional<server_frame> first_frame(std::string_view in) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(in[i]); };
  if (in.size() < 2) return std::nullopt;
  std::size_t head = 2;
  std::uint64_t length = byte(1) & 0x7f;
  if (length >= 126) {
    const std::size_t more = length == 126 ? 2 : 8;
    if (in.size() < head + more) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8 | byte(head + i);
    head += more;
  }
  if (in.size() - head < length) return std::nullopt;
  return server_frame{static_cast<unsigned char>(byte(0) & 0x0f), in.substr(head, length),
                      head + length};
}

bool send_all(int fd, std::string_view bytes) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

}  // namespace

viewer_sockets::viewer_sockets(client::endpoint to,
                               std::function<void(std::size_t, std::string_view)> pushed)
    : to_(std::move(to)),
      pushed_(std::move(pushed)),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      piece_(piece_bytes, '\0') {}

viewer_sockets::~viewer_sockets() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
  for (const auto& v : all_)
    if (v.fd >= 0) ::close(v.fd);
  ::close(poll_);
}

bool viewer_sockets::add(const std::string& access_token) {
  auto& v = all_.emplace_back();
  v.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(to_.port);
  ::inet_pton(AF_INET, to_.host.c_str(), &at.sin_addr);
  if (::connect(v.fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
      !send_all(v.fd,
                "GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                "Sec-WebSocket-Protocol: nova.v1.json\r\nAuthorization: Bearer " +
                    access_token + "\r\n\r\n"))
    return false;
  constexpr std::string_view ask =
      R"({"jsonrpc":"2.0","id":1,"method":"session.open","params":{"echo":false}})";
  bool upgraded = false;
  for (std::array<char, 4096> some;;) {
    const auto n = ::recv(v.fd, some.data(), some.size(), 0);
    if (n <= 0) return false;
    v.rest.append(some.data(), static_cast<std::size_t>(n));
    if (const auto end = v.rest.find("\r\n\r\n"); !upgraded && end != v.rest.npos) {
      if (!v.rest.starts_with("HTTP/1.1 101") || !send_all(v.fd, client_frame(text_frame, ask)))
        return false;
      v.rest.erase(0, end + 4);
      upgraded = true;
    }
    const auto f = upgraded ? first_frame(v.rest) : std::nullopt;
    if (!f) continue;
    if (f->payload.find("\"result\"") == f->payload.npos) return false;
    v.rest.erase(0, f->bytes);
    epoll_event e{EPOLLIN, {.u64 = all_.size() - 1}};
    return ::epoll_ctl(poll_, EPOLL_CTL_ADD, v.fd, &e) == 0;
  }
}

void viewer_sockets::begin() {
  thread_ = std::thread([this] { read_all(); });
}

void viewer_sockets::read_all() {
  std::array<epoll_event, 512> events;
  while (!over_) {
    const int n = ::epoll_wait(poll_, events.data(), events.size(), look_again_ms);
    for (int i = 0; i < n; ++i) read(events[static_cast<std::size_t>(i)].data.u64);
  }
}

void viewer_sockets::read(std::size_t number) {
  auto& v = all_[number];
  const auto n = ::recv(v.fd, piece_.data(), piece_.size(), MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    ++closed_;
    ::close(std::exchange(v.fd, -1));
    return;
  }
  const std::string_view fresh(piece_.data(), static_cast<std::size_t>(n));
  if (v.rest.empty()) {
    v.rest = fresh.substr(take_frames(number, fresh));
  } else {
    v.rest += fresh;
    v.rest.erase(0, take_frames(number, v.rest));
  }
}

/// Returns the bytes of whole frames.
std::size_t viewer_sockets::take_frames(std::size_t number, std::string_view bytes) {
  std::size_t taken = 0;
  while (const auto f = first_frame(bytes.substr(taken))) {
    taken += f->bytes;
    if (f->opcode == text_frame) pushed_(number, f->payload);
    if (f->opcode == ping_frame) send_all(all_[number].fd, client_frame(pong_frame, f->payload));
    if (f->opcode == close_frame) ++closed_;
  }
  return taken;
}

}  // namespace nova::bench
