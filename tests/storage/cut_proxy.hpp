// A unix-socket proxy in front of the fixture's server that can lose replies: the server has done its work, but the client
// gets no answer. Used by lane_loss_pgtest.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace nova::test {

class cut_proxy {
 public:
  explicit cut_proxy(const std::string& server_folder) : server_(server_folder + "/.s.PGSQL.5432") {
    auto pattern = (std::filesystem::temp_directory_path() / "nova-cut-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto a = address(folder_ + "/.s.PGSQL.5432");
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0 ||
        ::listen(listener_, 16) != 0)
      std::abort();
    thread_ = std::thread([this] { run(); });
  }
  ~cut_proxy() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    std::filesystem::remove_all(folder_);
  }
  cut_proxy(const cut_proxy&) = delete;
  cut_proxy& operator=(const cut_proxy&) = delete;

  const std::string& folder() const { return folder_; }
  /// The next request that carries `text` is passed on; its reply, once there, ends the connection instead of arriving.
  void lose_reply_to(std::string text) { lose_replies_to({std::move(text)}); }
  /// The same for several, one after the other.
  void lose_replies_to(std::deque<std::string> texts) {
    std::lock_guard lock(mutex_);
    needles_ = std::move(texts);
  }
  int lost() const { return lost_; }

 private:
  struct pair {
    int client, server;
    bool swallow = false;
  };

  static sockaddr_un address(const std::string& path) {
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    path.copy(a.sun_path, sizeof a.sun_path - 1);
    return a;
  }

  void run() {
    std::vector<pair> pairs;
    while (!stopping_) {
      std::vector<pollfd> fds{{listener_, POLLIN, 0}};
      for (const auto& p : pairs)
        fds.push_back({p.client, POLLIN, 0}), fds.push_back({p.server, POLLIN, 0});
      if (::poll(fds.data(), fds.size(), 100) <= 0) continue;
      std::vector<pair> kept;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        bool alive = true;
        if (fds[1 + 2 * i].revents) alive = upstream(pairs[i]);
        if (alive && fds[2 + 2 * i].revents) alive = downstream(pairs[i]);
        if (alive) kept.push_back(pairs[i]);
        else ::close(pairs[i].client), ::close(pairs[i].server);
      }
      pairs = kept;
      if (fds[0].revents & POLLIN) accept_one(pairs);
    }
    for (const auto& p : pairs) ::close(p.client), ::close(p.server);
  }

  void accept_one(std::vector<pair>& pairs) {
    int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto a = address(server_);
    if (client >= 0 && ::connect(server, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0)
      pairs.push_back({client, server});
    else ::close(client), ::close(server);
  }

  static bool forward(int to, const char* data, ssize_t size) {
    while (size > 0) {
      auto n = ::send(to, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
      if (n <= 0) return false;
      data += n, size -= n;
    }
    return true;
  }

  bool upstream(pair& p) {
    auto n = ::recv(p.client, buffer_, sizeof buffer_, 0);
    if (n <= 0) return false;
    std::lock_guard lock(mutex_);
    if (!needles_.empty() &&
        std::string_view(buffer_, static_cast<std::size_t>(n)).find(needles_.front()) !=
            std::string_view::npos) {
      needles_.pop_front();
      p.swallow = true;
    }
    return forward(p.server, buffer_, n);
  }

  bool downstream(pair& p) {
    auto n = ::recv(p.server, buffer_, sizeof buffer_, 0);
    if (n <= 0) return false;
    if (!p.swallow) return forward(p.client, buffer_, n);
    // ReadyForQuery ('Z', length 5, state) is the last thing of a reply; then the transaction is over.
    if (n < 6 || buffer_[n - 6] != 'Z') return true;
    ++lost_;
    return false;
  }

  std::string server_, folder_;
  std::mutex mutex_;
  std::deque<std::string> needles_;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<int> lost_{0};
  char buffer_[65536];
  std::thread thread_;
};

}  // namespace nova::test
