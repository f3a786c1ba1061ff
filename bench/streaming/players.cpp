#include "bench/streaming/players.hpp"

#include "bench/support/stage.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>

namespace nova::bench {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024, most_head_bytes = 16 * 1024;
constexpr std::uint64_t over_within_us = 30'000'000;

/// The stated length of a whole head with status 200. −1: another answer; empty: more is to come.
std::optional<std::int64_t> body_length(std::string_view head) {
  const auto end = head.find("\r\n\r\n");
  if (end == head.npos) return head.size() > most_head_bytes ? std::optional(-1L) : std::nullopt;
  constexpr std::string_view name = "\r\nContent-Length: ";
  const auto at = head.find(name);
  std::int64_t length = -1;
  if (head.starts_with("HTTP/1.1 200") && at < end)
    std::from_chars(head.data() + at + name.size(), head.data() + end, length);
  return length;
}

struct player {
  int fd = -1;
  std::string playlist, base;
  std::string in;          ///< the head, and the body of a playlist
  std::int64_t left = -1;  ///< of a segment's body; −1: its head is to come
  bool fetches_segment = false, busy = false;
  std::uint64_t due = 0;

  bool connect(const client::endpoint& to) {
    fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(to.port);
    ::inet_pton(AF_INET, to.host.c_str(), &at.sin_addr);
    return fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  }
  bool ask(const std::string& target) {
    in.clear();
    left = -1;
    const auto request = "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    return ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(request.size());
  }
};

class players {
 public:
  players(const client::endpoint& from, const std::vector<std::string>& playlists)
      : poll_(::epoll_create1(EPOLL_CLOEXEC)), piece_(piece_bytes, '\0'), all_(playlists.size()) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      auto& p = all_[i];
      p.playlist = playlists[i];
      p.base = p.playlist.substr(0, p.playlist.rfind('/', p.playlist.find('?')) + 1);
      epoll_event e{EPOLLIN, {.u64 = i}};
      if (!p.connect(from) || ::epoll_ctl(poll_, EPOLL_CTL_ADD, p.fd, &e) != 0)
        out_.problem = "a player was not let in";
    }
  }
  ~players() {
    for (const auto& p : all_)
      if (p.fd >= 0) ::close(p.fd);
    ::close(poll_);
  }
  players(const players&) = delete;
  players& operator=(const players&) = delete;

  playing run(double period_s, double seconds) {
    const auto period = static_cast<std::uint64_t>(period_s * 1e6);
    const auto began = now_us(), ends = began + static_cast<std::uint64_t>(seconds * 1e6);
    for (std::size_t i = 0; i < all_.size(); ++i) all_[i].due = began + period * i / all_.size();
    std::array<epoll_event, 256> events;
    // Players take turns: the next one due is the one behind the last one that began.
    for (std::size_t next = 0; out_.problem.empty();) {
      auto& p = all_[next];
      const auto now = now_us();
      const bool more = p.due < ends;
      if (more && p.due <= now && !p.busy) {
        begin(p);
        next = (next + 1) % all_.size();
        continue;
      }
      if (!more && busy_ == 0) break;
      if (now > ends + over_within_us) out_.problem = "answers did not come to their end";
      const int wait = more && p.due > now ? static_cast<int>((p.due - now + 999) / 1000) : 100;
      const int n = ::epoll_wait(poll_, events.data(), events.size(), wait);
      for (int i = 0; i < n; ++i) {
        auto& ready = all_[events[static_cast<std::size_t>(i)].data.u64];
        if (!read(ready) && out_.problem.empty()) out_.problem = "an answer was not whole";
        if (whole_) finish(ready, period);
      }
    }
    return std::move(out_);
  }

 private:
  void begin(player& p) {
    p.busy = true;
    p.fetches_segment = false;
    ++busy_;
    if (!p.ask(p.playlist)) out_.problem = "a player was cut off";
  }

  void finish(player& p, std::uint64_t period) {
    if (!p.fetches_segment) {
      const auto named = addresses_of(p.in.substr(p.in.find("\r\n\r\n") + 4));
      p.fetches_segment = true;
      if (named.empty() || !p.ask(p.base + named.back())) out_.problem = "a playlist names nothing";
      return;
    }
    ++out_.rounds;
    out_.took.add_us(now_us() - p.due);
    p.due += period;
    p.busy = false;
    --busy_;
  }

  /// What has come of the answer; `whole_`: that was its end.
  bool read(player& p) {
    whole_ = false;
    if (!p.busy) return false;
    if (p.left > 0)
      return taken(p, ::recv(p.fd, piece_.data(), piece_.size(), MSG_TRUNC | MSG_DONTWAIT));
    std::array<char, 4096> some;
    const auto n = ::recv(p.fd, some.data(), some.size(), MSG_DONTWAIT);
    if (n <= 0) return n < 0 && errno == EAGAIN;
    out_.bytes += static_cast<double>(n);
    p.in.append(some.data(), static_cast<std::size_t>(n));
    const auto length = body_length(p.in);
    if (!length) return true;
    const auto rest = *length - static_cast<std::int64_t>(p.in.size() - p.in.find("\r\n\r\n") - 4);
    if (p.fetches_segment) p.left = rest;
    whole_ = rest == 0;
    return *length > 0 && rest >= 0;
  }

  bool taken(player& p, ssize_t n) {
    if (n < 0) return errno == EAGAIN;
    out_.bytes += static_cast<double>(n);
    p.left -= n;
    whole_ = p.left == 0;
    return n > 0;
  }

  const int poll_;
  std::string piece_;
  std::vector<player> all_;
  std::size_t busy_ = 0;
  bool whole_ = false;
  playing out_;
};

}  // namespace

std::vector<std::string> addresses_of(const std::string& playlist) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < playlist.size();) {
    const auto end = std::min(playlist.find('\n', at), playlist.size());
    if (end > at && playlist[at] != '#') out.push_back(playlist.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

playing play(const client::endpoint& from, const std::vector<std::string>& playlists,
             double period_s, double seconds) {
  return players(from, playlists).run(period_s, seconds);
}

}  // namespace nova::bench
