#include "bench/media/raw_transfers.hpp"

#include "bench/support/stage.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <thread>

namespace nova::bench {
namespace {

constexpr std::size_t most_head_bytes = 16 * 1024, piece_bytes = 512 * 1024;
constexpr int answer_within_ms = 30'000, slow_receive_bytes = 4'096;

int connected(const client::endpoint& to, int receive_bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (receive_bytes > 0)
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(to.port);
  ::inet_pton(AF_INET, to.host.c_str(), &at.sin_addr);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return fd;
  ::close(fd);
  return -1;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string request_for(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
}

bool begins(int fd) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, answer_within_ms) == 1 && (p.revents & POLLIN) != 0;
}

/// Reads a head; what follows it stays in the socket. Returns the stated length; -1: no good answer.
std::int64_t read_head(int fd) {
  std::array<char, most_head_bytes> head;
  for (;;) {
    const auto n = ::recv(fd, head.data(), head.size(), MSG_PEEK);
    if (n <= 0) return -1;
    const std::string_view seen(head.data(), static_cast<std::size_t>(n));
    const auto end = seen.find("\r\n\r\n");
    if (end == seen.npos) {
      if (seen.size() == head.size()) return -1;
      continue;
    }
    ::recv(fd, head.data(), end + 4, MSG_WAITALL);
    constexpr std::string_view name = "\r\nContent-Length: ";
    const auto at = seen.find(name);
    std::int64_t length = -1;
    if (seen.starts_with("HTTP/1.1 200") && at < end)
      std::from_chars(seen.data() + at + name.size(), seen.data() + end, length);
    return length;
  }
}

}  // namespace

fetched fetch(const client::endpoint& from, const std::string& target, std::int64_t size,
              std::size_t connections, double seconds) {
  std::atomic<std::uint64_t> bytes{0}, wholes{0};
  std::atomic<bool> sound{true};
  const auto began = now_us();
  const auto over = began + static_cast<std::uint64_t>(seconds * 1e6);
  const auto one = [&] {
    const int fd = connected(from, 0);
    const auto request = request_for(target);
    std::string piece(piece_bytes, '\0');
    while (sound && now_us() < over) {
      if (fd < 0 || !send_all(fd, request) || read_head(fd) != size) sound = false;
      for (auto left = size; sound && left > 0 && now_us() < over;) {
        // MSG_TRUNC: the kernel drops what was received.
        const auto n = ::recv(fd, piece.data(), piece.size(), MSG_TRUNC);
        if (n <= 0) sound = false;
        left -= n;
        bytes += static_cast<std::uint64_t>(std::max<ssize_t>(n, 0));
        if (left == 0) ++wholes;
      }
    }
    if (fd >= 0) ::close(fd);
  };
  std::vector<std::thread> threads;
  threads.reserve(connections);
  for (std::size_t i = 0; i < connections; ++i) threads.emplace_back(one);
  for (auto& t : threads) t.join();
  const auto took = static_cast<double>(now_us() - began) / 1e6;
  return {static_cast<double>(bytes) / took, wholes, sound};
}

slow_transfers::~slow_transfers() {
  for (const int fd : sockets_) ::close(fd);
}

bool slow_transfers::connect(const client::endpoint& to, int receive_bytes) {
  const int fd = connected(to, receive_bytes);
  if (fd >= 0) sockets_.push_back(fd);
  return fd >= 0;
}

bool slow_transfers::add_reader(const client::endpoint& from, const std::string& target) {
  return connect(from, slow_receive_bytes) && send_all(sockets_.back(), request_for(target)) &&
         begins(sockets_.back());
}

bool slow_transfers::add_writer(const client::endpoint& to, const std::string& head,
                                std::size_t body_bytes) {
  return connect(to, 0) && send_all(sockets_.back(), head + std::string(body_bytes, 'b'));
}

}  // namespace nova::bench
