// What the switch between the test's hosts does to packets, seen by sockets on two hosts.
#include "tests/nemesis/network.hpp"
#include "tests/support/slowdown.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

using namespace nova::nemesis;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr unsigned here = 1, there = 2;
constexpr int port = 4000;
constexpr auto soon = 2'000ms * nova::test::slowdown, never = 100ms;

sockaddr_in address(unsigned number) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  ::inet_pton(AF_INET, host::address_of(number).c_str(), &at.sin_addr);
  return at;
}

/// A UDP socket on a host. A datagram is a number, and as many bytes as are asked for.
class post_box {
 public:
  explicit post_box(const host& h) {
    const host::visit inside(h);
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const auto at = address(h.number());
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  }
  ~post_box() { ::close(fd_); }
  post_box(const post_box&) = delete;
  post_box& operator=(const post_box&) = delete;

  void send(unsigned to, int number, std::size_t bytes = sizeof(int)) const {
    std::vector<char> packet(bytes);
    std::copy_n(reinterpret_cast<const char*>(&number), sizeof number, packet.data());
    const auto at = address(to);
    REQUIRE(::sendto(fd_, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&at),
                     sizeof at) == static_cast<ssize_t>(bytes));
  }
  std::optional<int> receive(std::chrono::milliseconds within) const {
    pollfd p{fd_, POLLIN, 0};
    char packet[4096];
    if (::poll(&p, 1, static_cast<int>(within.count())) <= 0) return {};
    if (::recv(fd_, packet, sizeof packet, 0) < static_cast<ssize_t>(sizeof(int))) return {};
    int number = 0;
    std::copy_n(packet, sizeof number, reinterpret_cast<char*>(&number));
    return number;
  }
  std::vector<int> receive_all(std::chrono::milliseconds pause) const {
    std::vector<int> out;
    while (const auto n = receive(pause)) out.push_back(*n);
    return out;
  }

 private:
  int fd_ = -1;
};

struct pair_of_hosts {
  network net{7};
  std::unique_ptr<post_box> a, b;
  std::string why;

  pair_of_hosts() {
    why = host::enter();
    if (!why.empty()) return;
    auto* first = net.add(here, true, why);
    auto* second = net.add(there, false, why);
    if (first == nullptr || second == nullptr) return;
    net.begin();
    a = std::make_unique<post_box>(*first);
    b = std::make_unique<post_box>(*second);
  }
};

/// Null, with the reason printed: no hosts can be made here.
pair_of_hosts* hosts() {
  static pair_of_hosts two;
  two.net.heal();
  if (two.b) return &two;
  MESSAGE("skipped: no hosts can be made here: ", two.why);
  return nullptr;
}

}  // namespace

TEST_CASE("a wire that is cut loses one direction, and heals") {
  auto* two = hosts();
  if (two == nullptr) return;
  two->a->send(there, 1);
  REQUIRE(two->b->receive(soon) == 1);
  two->net.set(here, there, {.cut = true});
  two->a->send(there, 2);
  two->b->send(here, 3);
  CHECK(two->a->receive(soon) == 3);
  CHECK_FALSE(two->b->receive(never));
  two->net.heal();
  two->a->send(there, 4);
  CHECK(two->b->receive(soon) == 4);
}

TEST_CASE("a wire loses the share of packets that it is told") {
  auto* two = hosts();
  if (two == nullptr) return;
  constexpr int sent = 400;
  two->net.set(here, there, {.loss = 0.3});
  for (int i = 0; i < sent; ++i) two->a->send(there, i);
  const auto came = two->b->receive_all(never).size();
  CHECK(came > sent / 2);
  CHECK(came < sent * 9 / 10);
}

TEST_CASE("a delayed packet comes later, and by chance after one that was sent behind it") {
  auto* two = hosts();
  if (two == nullptr) return;
  two->net.set(here, there, {.delay = 40ms});
  const auto at = clock_type::now();
  two->a->send(there, 1);
  CHECK(two->b->receive(soon) == 1);
  CHECK(clock_type::now() - at >= 40ms);
  two->net.set(here, there, {.delay = 1ms, .jitter = 20ms});
  constexpr int sent = 100;
  for (int i = 0; i < sent; ++i) two->a->send(there, i);
  auto came = two->b->receive_all(soon / 10);
  CHECK(came.size() == sent);
  CHECK_FALSE(std::is_sorted(came.begin(), came.end()));
}

TEST_CASE("a limited wire takes its time, and loses what would wait too long") {
  auto* two = hosts();
  if (two == nullptr) return;
  two->net.set(here, there, {.bytes_per_s = 100'000});
  const auto at = clock_type::now();
  for (int i = 0; i < 10; ++i) two->a->send(there, i, 1000);
  CHECK(two->b->receive_all(soon / 10).size() == 10);
  CHECK(clock_type::now() - at >= 100ms);
  for (int i = 0; i < 100; ++i) two->a->send(there, i, 1000);
  const auto came = two->b->receive_all(soon / 10).size();
  CHECK(came > 20);
  CHECK(came < 100);
}
