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
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <system_error>
#include <thread>
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
        else if (errno == EAGAIN)
          epoll_wait(poll, events.data(), static_cast<int>(events.size()), 100);
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
    return bind(listener, generic, size) == 0 && listen(listener, 4096) == 0 &&
           getsockname(listener, generic, &size) == 0;
  }
  bool connect_all(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      readers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (connect(readers.back(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return false;
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
      const auto got = recv(events[static_cast<std::size_t>(i)].data.fd, buffer.data(),
                            buffer.size(), MSG_DONTWAIT);
      if (got <= 0) return false;
      bytes -= std::min(bytes, static_cast<std::size_t>(got));
    }
  }
  return true;
}

/// What the process of the readers tells its parent.
struct verdict {
  bare_writing made = {};
  char problem[80] = {};  ///< empty: none
};

verdict failed(const std::string& why) {
  verdict v;
  why.copy(v.problem, sizeof v.problem - 1);
  return v;
}

verdict read_what_is_written(const bare_shape& shape) {
  const auto turn_bytes = shape.frame_bytes * shape.frames;
  reading_ends ends;
  int turn[2];
  if (!ends.listen_on_loopback() || pipe2(turn, O_CLOEXEC) != 0)
    return failed("sockets: " + std::generic_category().message(errno));
  const pid_t child = fork();
  if (child < 0) return failed("fork: " + std::generic_category().message(errno));
  if (child == 0) {
    close(turn[1]);
    write_turns(ends.listener, shape.sockets, turn[0], std::string(turn_bytes, 'x'));
  }
  close(turn[0]);
  if (!ends.connect_all(shape.sockets)) {
    const auto why = failed("sockets: " + std::generic_category().message(errno));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    return why;
  }
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  for (const int s : ends.readers) {
    epoll_event e{EPOLLIN, {.fd = s}};
    epoll_ctl(poll, EPOLL_CTL_ADD, s, &e);
  }
  std::size_t turns = 0;
  // A first turn that does not count: by its end everything is accepted.
  bool fine = write(turn[1], "x", 1) == 1 && read_all(poll, shape.sockets * turn_bytes);
  const double cpu_before = cpu_of(child);
  const auto began = clock::now();
  const auto took = [&] { return std::chrono::duration<double>(clock::now() - began).count(); };
  const std::chrono::duration<double> pause(shape.turns_per_second > 0 ? 1 / shape.turns_per_second
                                                                       : 0);
  for (; fine && took() < shape.seconds; ++turns) {
    std::this_thread::sleep_until(
        began + std::chrono::duration_cast<clock::duration>(pause * static_cast<double>(turns)));
    fine = write(turn[1], "x", 1) == 1 && read_all(poll, shape.sockets * turn_bytes);
  }
  const auto whole = took();
  const double cpu = cpu_of(child) - cpu_before;
  close(turn[1]);
  waitpid(child, nullptr, 0);
  if (!fine) return failed("a socket of the reference ended");
  const auto delivered = static_cast<double>(turns * shape.frames * shape.sockets);
  return {{delivered / whole, cpu * 1e6 / delivered}};
}

}  // namespace

// The readers are a process too: the caller's own sockets and theirs might be more than one process may have.
bool write_bare(const bare_shape& shape, bare_writing& out, std::string& problem) {
  int answer[2];
  if (pipe2(answer, O_CLOEXEC) != 0) {
    problem = "pipe: " + std::generic_category().message(errno);
    return false;
  }
  const pid_t reader = fork();
  if (reader == 0) {
    constexpr int kept = 3;
    dup2(answer[1], kept);
    close_range(kept + 1, ~0U, 0);
    const auto v = read_what_is_written(shape);
    _exit(write(kept, &v, sizeof v) == sizeof v ? 0 : 1);
  }
  close(answer[1]);
  verdict v;
  if (read(answer[0], &v, sizeof v) != sizeof v)
    v = failed("the process of the reference ended, or none could be made");
  close(answer[0]);
  if (reader > 0) waitpid(reader, nullptr, 0);  // -1 would be any child, the server among them
  out = v.made;
  problem = v.problem;
  return problem.empty();
}

}  // namespace nova::bench
