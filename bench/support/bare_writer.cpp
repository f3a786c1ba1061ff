// See bare_writer.hpp.
#include "bench/support/bare_writer.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <chrono>
#include <cstring>
#include <ctime>
#include <vector>

namespace nova::bench {

namespace {

using clock = std::chrono::steady_clock;

/// In the child, which has the accepting ends alone: a byte on `turn` is a turn, its end is the end.
[[noreturn]] void write_turns(int listener, std::size_t count, int turn, const std::string& bytes) {
  std::vector<int> sockets;
  const int poll = epoll_create1(0);
  for (std::size_t i = 0; i < count; ++i) {
    const int s = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    const int one = 1;
    if (s < 0 || setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0) _exit(1);
    epoll_event e{EPOLLOUT | EPOLLET, {.fd = s}};
    epoll_ctl(poll, EPOLL_CTL_ADD, s, &e);
    sockets.push_back(s);
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

/// The reading ends, and what the writer accepts the other ones from.
struct reading_ends {
  int listener = -1;
  std::vector<int> readers;
  sockaddr_in address{};

  ~reading_ends() {
    if (listener >= 0) close(listener);
    for (const int s : readers) close(s);
  }

  bool listen_on_loopback() {
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    return bind(listener, generic, size) == 0 && listen(listener, 4096) == 0 && getsockname(listener, generic, &size) == 0;
  }
  bool connect_all(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      readers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (connect(readers.back(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return false;
    }
    return true;
  }
};

/// CPU seconds of a process.
double cpu_of(pid_t process) {
  clockid_t clock_id{};
  timespec t{};
  if (clock_getcpuclockid(process, &clock_id) != 0 || clock_gettime(clock_id, &t) != 0) return 0;
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

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
  reading_ends ends;
  int turn[2];
  if (!ends.listen_on_loopback() || pipe2(turn, O_CLOEXEC) != 0) {
    problem = "sockets: " + std::string(strerror(errno));
    return false;
  }
  const pid_t child = fork();
  if (child == 0) {
    close(turn[1]);
    write_turns(ends.listener, sockets, turn[0], std::string(frame_bytes * frames, 'x'));
  }
  close(turn[0]);
  if (!ends.connect_all(sockets)) {
    problem = "sockets: " + std::string(strerror(errno));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(turn[1]);
    return false;
  }
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  for (const int s : ends.readers) {
    epoll_event e{EPOLLIN, {.fd = s}};
    epoll_ctl(poll, EPOLL_CTL_ADD, s, &e);
  }
  std::size_t turns = 0;
  // A first turn that does not count: by its end everything is accepted.
  bool fine = write(turn[1], "x", 1) == 1 && read_all(poll, sockets * frames * frame_bytes);
  const double cpu_before = cpu_of(child);
  const auto began = clock::now();
  const auto took = [&] { return std::chrono::duration<double>(clock::now() - began).count(); };
  for (; fine && took() < seconds; ++turns)
    fine = write(turn[1], "x", 1) == 1 && read_all(poll, sockets * frames * frame_bytes);
  const auto whole = took();
  const double cpu = cpu_of(child) - cpu_before;
  close(turn[1]);
  close(poll);
  waitpid(child, nullptr, 0);
  if (!fine) problem = "a socket of the reference ended";
  const auto delivered = static_cast<double>(turns * frames * sockets);
  out.deliveries_per_second = delivered / whole;
  out.writer_cpu_per_million = cpu * 1e6 / delivered;
  return fine;
}

}  // namespace nova::bench
