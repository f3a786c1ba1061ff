// The end of a server as its sockets meet it.
#include "tests/gateway/socket_words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <thread>

using namespace nova;
using namespace nova::test;

TEST_CASE("draining closes sockets with 1012") {
  edge e;
  std::vector<ws_client> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(e.opened());
  std::thread stopping([&] { e.server->drain_and_stop(std::chrono::seconds(4)); });
  for (auto& c : clients) {
    CHECK(c.read_close_code() == 1012);
    c.send_frame(8, std::string("\x03\xf4", 2));
  }
  stopping.join();
  CHECK(e.bus.detached(20) == 20);
}

TEST_CASE("draining closes sockets one after the other over the time that is given") {
  using clock = std::chrono::steady_clock;
  constexpr auto spread = std::chrono::milliseconds(1'200);
  edge e;
  std::vector<ws_client> clients;
  for (int i = 0; i < 60; ++i) clients.push_back(e.opened());
  const auto began = clock::now();
  std::vector<std::future<clock::duration>> ends;
  for (auto& c : clients)
    ends.push_back(std::async(std::launch::async, [&c, began] {
      CHECK(c.read_close_code() == 1012);
      const auto at = clock::now() - began;
      c.send_frame(8, std::string("\x03\xf4", 2));
      return at;
    }));
  std::thread stopping([&] { e.server->drain_and_stop(std::chrono::seconds(4), spread); });
  std::vector<clock::duration> at;
  for (auto& end : ends) at.push_back(end.get());
  stopping.join();
  std::ranges::sort(at);
  // A machine that is busy delays them, and joins none that are apart.
  CHECK(at[10] > spread / 20);
  CHECK(at[30] > spread / 4);
  CHECK(at[50] > spread / 2);
  CHECK(e.bus.detached(60) == 60);
}
