// See bare_links.hpp.
#include "bench/cluster/bare_links.hpp"

#include "actors/runtime/link/links.hpp"
#include "bench/support/stage.hpp"
#include "config/process/cluster_certificates.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

namespace nova::bench {

namespace {

constexpr auto answer_within = std::chrono::seconds(10);

/// Calls `work` at each due time until the time is over.
void paced(double rate, double seconds, const std::function<void(std::uint64_t due_us)>& work) {
  const auto began = now_us();
  const auto end = began + static_cast<std::uint64_t>(seconds * 1e6);
  for (std::uint64_t i = 0;; ++i) {
    auto due = now_us();
    if (rate > 0) {
      due = began + static_cast<std::uint64_t>(1e6 * static_cast<double>(i) / rate);
      const std::chrono::steady_clock::time_point at{std::chrono::microseconds(due)};
      std::this_thread::sleep_until(at);
    }
    if (due >= end) return;
    work(due);
  }
}

/// Two ends of a TCP connection on loopback, closed at the end.
struct tcp_pair {
  int near = -1, far = -1;

  bool open() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    near = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener, address, size) == 0 && ::listen(listener, 1) == 0 &&
        ::getsockname(listener, address, &size) == 0 && ::connect(near, address, size) == 0)
      far = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    ::close(listener);
    const int on = 1;
    for (const int fd : {near, far}) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return far >= 0;
  }
  ~tcp_pair() {
    for (const int fd : {near, far})
      if (fd >= 0) ::close(fd);
  }
};

bool read_all(int fd, std::string& into) {
  for (std::size_t have = 0; have < into.size();) {
    const auto n = ::read(fd, into.data() + have, into.size() - have);
    if (n <= 0) return false;
    have += static_cast<std::size_t>(n);
  }
  return true;
}

bool write_all(int fd, const std::string& text) {
  return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

}  // namespace

bool ping_over_tcp(double rate, double seconds, std::size_t bytes, latencies& out,
                   std::string& problem) {
  tcp_pair pair;
  if (!pair.open()) return problem = "no TCP connection", false;
  std::thread echo([&] {
    std::string text(bytes, ' ');
    while (read_all(pair.far, text) && write_all(pair.far, text)) {
    }
  });
  std::string text(bytes, 'x');
  bool sound = true;
  paced(rate, seconds, [&](std::uint64_t due) {
    sound = sound && write_all(pair.near, text) && read_all(pair.near, text);
    out.add_us(now_us() - due);
  });
  ::shutdown(pair.near, SHUT_RDWR);
  echo.join();
  if (!sound) problem = "the TCP connection ended";
  return sound;
}

namespace {

struct with_middleman : caf::actor_system_config {
  with_middleman() {
    load<caf::io::middleman>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
  }
};

/// The requests of one run: what is under way, and their latencies.
struct asking {
  std::mutex mutex;
  std::condition_variable changed;
  latencies all;
  std::size_t under_way = 0;
  bool failed = false;
  std::atomic<bool> repeats{false};

  void answered(std::uint64_t due) {
    std::lock_guard lock(mutex);
    all.add_us(now_us() - due);
    --under_way;
    changed.notify_all();
  }
};

using ask_atom = caf::atom_constant<caf::atom("ask")>;

caf::behavior asker(caf::event_based_actor* self, caf::actor server, asking* a, std::string text) {
  return {[=](ask_atom, std::uint64_t due) {
    self->request(server, caf::infinite, text)
        .then(
            [=](const std::string&) {
              a->answered(due);
              if (!a->repeats) return;
              {
                std::lock_guard lock(a->mutex);
                ++a->under_way;
              }
              self->send(self, ask_atom::value, now_us());
            },
            [=](caf::error&) {
              a->failed = true;
              a->answered(due);
            });
  }};
}

}  // namespace

bool request_over_basp(double rate, double seconds, std::size_t bytes, std::size_t lanes,
                       latencies& out, std::string& problem) {
  with_middleman far_config, near_config;
  caf::actor_system far(far_config), near(near_config);
  auto server = far.spawn(
      []() -> caf::behavior { return {[](std::string& text) { return std::move(text); }}; });
  const auto port = far.middleman().publish(server, 0, "127.0.0.1");
  if (!port) return problem = "CAF does not publish", false;
  auto remote = near.middleman().remote_actor("127.0.0.1", *port);
  if (!remote) return problem = "CAF does not connect", false;
  asking a;
  a.repeats = rate == 0;
  auto caller = near.spawn(asker, *remote, &a, std::string(bytes, 'x'));
  const auto ask = [&](std::uint64_t due) {
    {
      std::lock_guard lock(a.mutex);
      ++a.under_way;
    }
    caf::anon_send(caller, ask_atom::value, due);
  };
  if (rate > 0) {
    paced(rate, seconds, ask);
  } else {
    for (std::size_t i = 0; i < lanes; ++i) ask(now_us());
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    a.repeats = false;
  }
  std::unique_lock lock(a.mutex);
  const bool all = a.changed.wait_for(lock, answer_within, [&] { return a.under_way == 0; });
  out = a.all;
  lock.unlock();
  caf::anon_send_exit(caller, caf::exit_reason::kill);
  caf::anon_send_exit(server, caf::exit_reason::kill);
  near.await_all_actors_done();
  if (!all || a.failed) problem = "requests over BASP were not answered";
  return problem.empty();
}

namespace {

/// The links of one node, which count the calls that arrive.
struct end_of_link {
  std::unique_ptr<link::links> all;
  std::mutex mutex;
  std::condition_variable changed;
  link::peer_number peer = 0;
  std::atomic<std::uint64_t> arrived{0};

  result<std::uint16_t> start(config::cluster_settings s) {
    all = std::make_unique<link::links>(std::move(s), link::Member(), system_wall_clock(),
                                        system_random());
    return all->start({[this](link::peer_number p, const link::Member&) {
                         std::lock_guard lock(mutex);
                         peer = p;
                         changed.notify_all();
                       },
                       [](link::peer_number, const link::Member&, const std::string&) {},
                       [this](link::peer_number, link::Envelopes& batch) {
                         for (const auto& e : batch.items())
                           arrived += static_cast<std::uint64_t>(e.has_call());
                       },
                       [] {}});
  }
  link::peer_number linked() {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, answer_within, [this] { return peer != 0; });
    return peer;
  }
};

config::cluster_settings settings_of(const std::string& node, const std::string& folder) {
  config::cluster_settings s;
  s.node = node;
  s.listen = "127.0.0.1:0";
  s.certificate = folder + "/" + node + ".pem";
  s.key = folder + "/" + node + ".key";
  s.ca = folder + "/ca.pem";
  return s;
}

}  // namespace

double envelopes_over_link(double seconds, std::size_t bytes, std::string& problem) {
  auto pattern = (std::filesystem::temp_directory_path() / "nova-link-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return problem = "mkdtemp", 0;
  const auto made = config::make_certificates({pattern + "/c", {"near", "far"}, 1});
  end_of_link far, near;
  double per_second = 0;
  const auto run = [&]() -> std::string {
    if (!made) return made.error().detail;
    const auto port = far.start(settings_of("far", pattern + "/c"));
    if (!port) return port.error().detail;
    auto s = settings_of("near", pattern + "/c");
    s.seeds = {"127.0.0.1:" + std::to_string(*port)};
    if (const auto began = near.start(s); !began) return began.error().detail;
    const auto peer = near.linked();
    if (peer == 0) return "no link";
    link::Envelope e;
    e.mutable_call()->set_method(503);
    e.mutable_call()->set_request(std::string(bytes, 'x'));
    const auto began = now_us();
    const auto end = began + static_cast<std::uint64_t>(seconds * 1e6);
    std::uint64_t sent = 0;
    while (now_us() < end)
      for (int i = 0; i < 256; ++i) {
        e.mutable_call()->set_id(sent + 1);
        if (!near.all->send(peer, e, link::lane::bulk)) {
          std::this_thread::yield();  // as much waits as may
          break;
        }
        ++sent;
      }
    per_second = static_cast<double>(far.arrived) * 1e6 / static_cast<double>(now_us() - began);
    return {};
  };
  problem = run();
  for (auto* one : {&near, &far})
    if (one->all) one->all->stop(std::chrono::milliseconds(100));
  std::error_code ignored;
  std::filesystem::remove_all(pattern, ignored);
  return per_second;
}

}  // namespace nova::bench
