// Links between nodes over loopback: frames, finding each other, silence, credit.
#include "tests/runtime/station.hpp"

#include "actors/runtime/link/address.hpp"

#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <future>
#include <thread>

using namespace nova;
using namespace nova::link;
using namespace nova::link::test;
namespace net = boost::asio;

namespace {

Envelope ping() {
  Envelope e;
  e.mutable_ping();
  return e;
}

}  // namespace

TEST_CASE("a message in parts comes whole, and one of the control lane is not behind it") {
  outgoing_lanes out;
  REQUIRE(out.add(call(1, 3 * max_part_bytes), lane::bulk));
  std::string bytes;
  CHECK(out.take_frame(lane::bulk, bytes) == max_part_bytes);
  REQUIRE(out.add(ping(), lane::control));
  out.take_frame(lane::control, bytes);
  while (!out.empty(lane::bulk)) out.take_frame(lane::bulk, bytes);
  CHECK(out.waiting_bytes() == 0);

  incoming_lanes in;
  std::string message;
  std::size_t part_bytes = 0;
  std::vector<Envelopes> got;
  for (std::size_t at = 0; at < bytes.size(); at += 1000) {
    in.feed(std::string_view(bytes).substr(at, 1000));
    while (in.next(message, part_bytes) == incoming_lanes::step::message) {
      got.emplace_back();
      REQUIRE(got.back().ParseFromString(message));
    }
  }
  REQUIRE(got.size() == 2);
  CHECK(got[0].items(0).has_ping());
  CHECK(got[1].items(0).call().request().size() == 3 * max_part_bytes);
}

TEST_CASE("envelopes that wait share a frame, and one that no frame may carry is refused") {
  outgoing_lanes out;
  for (std::uint64_t id = 1; id <= 1000; ++id) REQUIRE(out.add(call(id, 20), lane::bulk));
  std::string bytes, message;
  out.take_frame(lane::bulk, bytes);
  CHECK(out.empty(lane::bulk));
  incoming_lanes in;
  in.feed(bytes);
  std::size_t part_bytes = 0;
  REQUIRE(in.next(message, part_bytes) == incoming_lanes::step::message);
  Envelopes batch;
  REQUIRE(batch.ParseFromString(message));
  CHECK(batch.items_size() == 1000);
  CHECK_FALSE(out.add(call(1, max_message_bytes), lane::bulk));
}

TEST_CASE("three nodes find each other from one seed") {
  station a(named("a"));
  station b(named("b", {a.address})), c(named("c", {a.address}));
  for (auto* s : {&a, &b, &c})
    for (const auto* node : {"a", "b", "c"}) CHECK(s->sees(node));
  REQUIRE(b.made->send(b.peer("c"), call(7, 10), lane::bulk));
  CHECK(c.until([&] { return c.calls == std::vector<std::uint64_t>{7}; }));
}

TEST_CASE("a node that starts again is another one, and its link comes back") {
  station a(named("a"));
  auto b = std::make_unique<station>(named("b", {a.address}));
  REQUIRE(a.sees("b"));
  const auto first = a.peer("b");
  b->stop();
  REQUIRE(a.until([&] { return !a.downs.empty(); }));
  CHECK_FALSE(a.made->send(first, call(1, 1), lane::bulk));
  b->begin();
  REQUIRE(a.until([&] { return a.ups.size() >= 2; }));
  CHECK(a.peer("b") != first);
}

TEST_CASE("a node that stands still is noticed in the time of the settings") {
  station a(named("a"));
  station b(named("b", {a.address}));
  REQUIRE(a.sees("b"));
  std::promise<void> go_on;
  b.made->post([wait = go_on.get_future().share()] { wait.wait(); });
  const auto from = std::chrono::steady_clock::now();
  const bool noticed = a.until([&] { return !a.downs.empty(); }, 3s);
  const auto took = std::chrono::steady_clock::now() - from;
  go_on.set_value();
  REQUIRE(noticed);
  CHECK(a.downs[0].second == "b: silent");
  CHECK(took < 3s * slowdown);
}

TEST_CASE(
    "the queue for a node that does not read is bounded: the link ends, and a new one comes") {
  auto s = named("a");
  s.max_waiting_bytes = 1 << 20;
  s.window_bytes = 1 << 18;
  s.silence_ms = 60'000;
  station a(s);
  s.node = "b";
  s.seeds = {a.address};
  station b(s);
  REQUIRE(a.sees("b"));
  std::promise<void> go_on;
  b.made->post([wait = go_on.get_future().share()] { wait.wait(); });
  std::size_t sent = 0;
  while (sent < 1000 && a.made->send(a.peer("b"), call(sent, 100'000), lane::bulk)) ++sent;
  CHECK(sent < 100);
  // What was refused would never come on a link that goes on.
  CHECK(a.until([&] { return !a.downs.empty(); }));
  go_on.set_value();
  REQUIRE(a.until([&] { return a.ups.size() == 2; }));
  CHECK(a.downs[0].second == "b: too much waits");
  CHECK(a.made->send(a.peer("b"), call(2000, 1), lane::bulk));
  CHECK(b.until([&] { return !b.calls.empty() && b.calls.back() == 2000; }));
}

TEST_CASE("a message of the control lane overtakes bulk that waits, for its turn or for credit") {
  auto s = named("a");
  s.window_bytes = 1 << 18;
  s.silence_ms = 60'000;
  station a(s);
  s.node = "b";
  s.seeds = {a.address};
  station b(s);
  REQUIRE(a.sees("b"));
  constexpr std::uint64_t messages = 100, urgent = 9999;
  constexpr std::size_t bytes = 100'000;
  std::size_t before = 0;  // bulk that may be under way by then
  station* held = nullptr;
  SUBCASE("the sender has written nothing of either") { held = &a; }
  SUBCASE("the receiver reads nothing, and the window is full") {
    held = &b;
    before = s.window_bytes / bytes + max_part_bytes / bytes + 1;
  }
  std::promise<void> go_on;
  held->made->post([wait = go_on.get_future().share()] { wait.wait(); });
  for (std::uint64_t id = 0; id < messages; ++id)
    REQUIRE(a.made->send(a.peer("b"), call(id, bytes), lane::bulk));
  REQUIRE(a.made->send(a.peer("b"), call(urgent, 1), lane::control));
  go_on.set_value();
  REQUIRE(b.until([&] { return b.calls.size() == messages + 1; }));
  const auto came = std::ranges::find(b.calls, urgent) - b.calls.begin();
  CHECK(came <= static_cast<std::ptrdiff_t>(before));
  std::erase(b.calls, urgent);
  CHECK(std::ranges::is_sorted(b.calls));
}
