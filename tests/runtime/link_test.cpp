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

/// Passes one connection on to a node, each way only while the test lets it.
class one_way {
 public:
  explicit one_way(const std::string& node) : listener_(io_, {net::ip::address_v4::loopback(), 0}) {
    listener_.async_accept(ends_[0], [this, node](boost::system::error_code ec) {
      if (ec) return;
      ends_[1].connect(*parse_address(node), ec);
      for (const std::size_t from : {0, 1}) pass(from);
    });
    thread_ = std::thread([this] { io_.run(); });
  }
  ~one_way() {
    io_.stop();
    thread_.join();
  }
  std::string address() const {
    return "127.0.0.1:" + std::to_string(listener_.local_endpoint().port());
  }
  /// From now on nothing comes from this end: 0, which dialled, or 1. It hears the other one.
  void cut(std::size_t from) { cut_[from] = true; }

 private:
  void pass(std::size_t from) {
    ends_[from].async_read_some(
        net::buffer(buffers_[from]), [this, from](boost::system::error_code ec, std::size_t n) {
          auto& to = ends_[1 - from];
          if (ec) return to.shutdown(net::ip::tcp::socket::shutdown_send, ec), void();
          if (!cut_[from]) net::write(to, net::buffer(buffers_[from], n), ec);
          pass(from);
        });
  }
  net::io_context io_;
  net::ip::tcp::acceptor listener_;
  std::array<net::ip::tcp::socket, 2> ends_{net::ip::tcp::socket(io_), net::ip::tcp::socket(io_)};
  std::array<std::array<char, 65536>, 2> buffers_{};
  std::array<std::atomic<bool>, 2> cut_{};
  std::thread thread_;
};

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

TEST_CASE(
    "a node's load comes to nodes that it is linked with, and none of a node that tells none") {
  station a(named("a"));
  station b(named("b", {a.address})), earlier(named("earlier", {a.address}));
  for (auto* s : {&a, &b, &earlier})
    for (const auto* node : {"a", "b", "earlier"}) REQUIRE(s->sees(node));
  for (const std::uint32_t percent : {40u, 0u}) {
    b.made->update_self([&](Member& m) { m.mutable_load()->set_processor_percent(percent); });
    for (auto* s : {&a, &earlier})
      CHECK(s->until([&] {
        const auto m = s->record("b");
        return m.has_load() && m.load().processor_percent() == percent;
      }));
  }
  CHECK_FALSE(a.record("earlier").has_load());
  CHECK_FALSE(b.record("earlier").has_load());
}

TEST_CASE("each end of a link knows from the hello what the other one understands") {
  station a(named("a"));
  station b(named("b", {a.address}));
  REQUIRE(a.sees("b"));
  REQUIRE(b.sees("a"));
  CHECK(a.view("b").has(capability::lists));
  CHECK(b.view("a").has(capability::lists));
  CHECK_FALSE(a.view("b").has("of a later release"));
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
    "a node that is frozen, or heard one way only, is noticed in 3 s by the settings as they are") {
  const auto usual = [](const std::string& node) {
    auto s = named(node);
    const config::cluster_settings as_they_are;
    s.heartbeat_ms = as_they_are.heartbeat_ms;
    s.silence_ms = as_they_are.silence_ms;
    return s;
  };
  // a freezes; what c says does not reach d; what f says does not reach e, which is the other end of its connection.
  station a(usual("a")), c(usual("c")), e(usual("e"));
  one_way at_c(c.address), at_e(e.address);
  auto s = usual("b");
  s.seeds = {a.address};
  station b(s);
  s = usual("d");
  s.seeds = {at_c.address()};
  station d(s);
  s = usual("f");
  s.seeds = {at_e.address()};
  station f(s);
  REQUIRE(b.sees("a"));
  REQUIRE(d.sees("c"));
  REQUIRE(f.sees("e"));
  std::promise<void> go_on;
  a.made->post([wait = go_on.get_future().share()] { wait.wait(); });
  at_c.cut(1);
  at_e.cut(0);
  const auto from = std::chrono::steady_clock::now();
  for (auto* deaf : {&b, &d, &e}) {
    CHECK(deaf->until([&] { return !deaf->downs.empty(); }, 10s));
    CHECK(std::chrono::steady_clock::now() - from < 3s * slowdown);
    CHECK(deaf->downs.at(0).second.ends_with(": silent"));
  }
  // The end that heard all the time learns of it from the other one.
  for (auto* heard : {&c, &f}) {
    CHECK(heard->until([&] { return !heard->downs.empty(); }, 10s));
    CHECK(std::chrono::steady_clock::now() - from < 3s * slowdown);
  }
  go_on.set_value();
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
