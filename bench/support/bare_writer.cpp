// See bare_writer.hpp.
#include "bench/support/bare_writer.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

namespace nova::bench {

namespace {

using clock = std::chrono::steady_clock;

/// In the child: a byte on `turn` is a turn, its end is the end.
[[noreturn]] void write_turns(const std::vector<int>& sockets, int turn, const std::string& bytes) {
  const int poll = epoll_create1(0);
  for (const int s : sockets) {
    epoll_event e{EPOLLOUT | EPOLLET, {.fd = s}};
    epoll_ctl(poll, EPOLL_CTL_ADD, s, &e);
  }
  std::vector<epoll_event> events(1024);
  for (char go; read(turn, &go, 1) == 1;) {
    for (const int s : sockets)
      for (std::size_t at = 0; at < bytes.size();) {
        const auto n = send(s, bytes.data() + at, bytes.size() - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) at += static_cast<std::size_t>(n);
        else if (errno == EAGAIN) epoll_wait(poll, events.data(), static_cast<int>(events.size()), 100);
        else _exit(1);
      }
  }
  _exit(0);
}

struct sockets_both_ends {
  std::vector<int> writers, readers;
  ~sockets_both_ends() {
    for (const int s : writers) close(s);
    for (const int s : readers) close(s);
  }

  bool make(std::size_t count) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    bool fine = bind(listener, generic, size) == 0 && listen(listener, 4096) == 0 && getsockname(listener, generic, &size) == 0;
    for (std::size_t i = 0; fine && i < count; ++i) {
      readers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      fine = connect(readers.back(), generic, size) == 0;
      writers.push_back(fine ? accept4(listener, nullptr, nullptr, SOCK_CLOEXEC) : -1);
      const int one = 1;
      fine = fine && setsockopt(writers.back(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0;
    }
    close(listener);
    return fine;
  }
};

/// Reads until `bytes` have come in all. False: a socket ended.
bool read_all(int poll, std::size_t bytes) {
  static std::vector<char> buffer(64 * 1024);
  static std::vector<epoll_event> events(1024);
  while (bytes > 0) {
    const int n = epoll_wait(poll, events.data(), static_cast<int>(events.size()), 5000);
    if (n <= 0) return false;
    for (int i = 0; i < n; ++i) {
      const auto got = recv(events[static_cast<std::size_t>(i)].data.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) return false;
      bytes -= std::min(bytes, static_cast<std::size_t>(got));
    }
  }
  return true;
}

}  // namespace

bool write_bare(std::size_t sockets, std::size_t frame_bytes, std::size_t frames, double seconds, bare_writing& out,
                std::string& problem) {
  sockets_both_ends ends;
  int turn[2];
  if (!ends.make(sockets) || pipe2(turn, O_CLOEXEC) != 0) {
    problem = "sockets: " + std::string(strerror(errno));
    return false;
  }
  const pid_t child = fork();
  if (child == 0) {
    close(turn[1]);
    write_turns(ends.writers, turn[0], std::string(frame_bytes * frames, 'x'));
  }
  close(turn[0]);
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  for (const int s : ends.readers) {
    epoll_event e{EPOLLIN, {.fd = s}};
    epoll_ctl(poll, EPOLL_CTL_ADD, s, &e);
  }
  std::size_t turns = 0;
  bool fine = true;
  const auto began = clock::now();
  const auto took = [&] { return std::chrono::duration<double>(clock::now() - began).count(); };
  for (; fine && took() < seconds; ++turns)
    fine = write(turn[1], "x", 1) == 1 && read_all(poll, sockets * frames * frame_bytes);
  const auto whole = took();
  close(turn[1]);
  close(poll);
  int status = 0;
  rusage used{};
  wait4(child, &status, 0, &used);
  if (!fine) problem = "a socket of the reference ended";
  const auto delivered = static_cast<double>(turns * frames * sockets);
  const auto cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                   static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
  out.deliveries_per_second = delivered / whole;
  out.writer_cpu_per_million = cpu * 1e6 / delivered;
  return fine;
}

}  // namespace nova::bench
