// Links between nodes over loopback: frames, certificates, finding each other, silence, credit. Rows of the hostile checklist are
// named as "row 41: …".
#include "actors/runtime/link/address.hpp"
#include "actors/runtime/link/links.hpp"
#include "config/process/cluster_certificates.hpp"
#include "protocols/core/log.hpp"
#include "tests/config/scratch.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>

using namespace nova;
using namespace nova::link;
using namespace std::chrono_literals;
using nova::test::slowdown;
namespace net = boost::asio;

namespace {

Envelope call(std::uint64_t id, std::size_t bytes) {
  Envelope e;
  e.mutable_call()->set_id(id);
  e.mutable_call()->set_request(std::string(bytes, 'x'));
  return e;
}

Envelope ping() {
  Envelope e;
  e.mutable_ping();
  return e;
}

/// One node's links, and what they saw.
class station {
 public:
  explicit station(config::cluster_settings s) : settings(std::move(s)) { begin(); }
  ~station() { stop(); }

  void begin() {
    made = std::make_unique<links>(settings, Member(), system_wall_clock(), system_random());
    auto port = made->start(
        {[this](peer_number p, const Member& m) { note([&] { ups.emplace_back(p, m.node()); }); },
         [this](peer_number p, const Member& m, const std::string& why) {
           note([&] { downs.emplace_back(p, m.node() + ": " + why); });
         },
         [this](peer_number p, Envelopes& batch) {
           note([&] {
             for (const auto& e : batch.items())
               if (e.has_call()) calls.push_back(e.call().id());
           });
         },
         [this] { note([] {}); }});
    refused = port ? "" : port.error().detail;
    if (port) address = "127.0.0.1:" + std::to_string(*port);
  }
  void stop() {
    if (made) made->stop(100ms);
    made.reset();
  }
  bool until(const std::function<bool()>& done, std::chrono::milliseconds within = 10s) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, within * slowdown, done);
  }
  bool sees(const std::string& node) {
    return until([&] {
      const auto all = made->members();
      return std::ranges::any_of(
          *all, [&](const auto& m) { return m.record.node() == node && m.linked; });
    });
  }
  peer_number peer(const std::string& node) const {
    const auto all = made->members();
    for (const auto& m : *all)
      if (m.record.node() == node) return m.peer;
    return 0;
  }
  std::uint64_t refusals() const { return made->counted().refused; }

  config::cluster_settings settings;
  std::unique_ptr<links> made;
  std::string address, refused;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::pair<peer_number, std::string>> ups, downs;
  std::vector<std::uint64_t> calls;

 private:
  void note(const std::function<void()>& f) {
    std::lock_guard lock(mutex);
    f();
    changed.notify_all();
  }
};

config::cluster_settings named(const std::string& node, std::vector<std::string> seeds = {}) {
  config::cluster_settings s;
  s.node = node;
  s.listen = "127.0.0.1:0";
  s.seeds = std::move(seeds);
  s.heartbeat_ms = 100;
  s.silence_ms = 1000;
  s.redial_ms = 20;
  return s;
}

config::cluster_settings secured(config::cluster_settings s, const scratch& dir,
                                 const std::string& certificate) {
  s.certificate = (dir.folder / (certificate + ".pem")).string();
  s.key = (dir.folder / (certificate + ".key")).string();
  s.ca = (dir.folder / "ca.pem").string();
  return s;
}

void make(const scratch& dir, config::certificate_order order) {
  order.folder = dir.folder;
  const auto made = config::make_certificates(order);
  REQUIRE(made.has_value());
}

/// True when the other side closes the connection after these bytes.
bool closes_after(const std::string& address, const std::string& bytes) {
  net::io_context io;
  net::ip::tcp::socket socket(io);
  boost::system::error_code ec;
  socket.connect(*parse_address(address), ec);
  if (ec) return false;
  net::write(socket, net::buffer(bytes), ec);
  std::string in(1 << 16, '\0');
  while (!ec) socket.read_some(net::buffer(in), ec);
  return true;
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

TEST_CASE("row 43: a frame over the limit is broken before its bytes have come") {
  for (const auto& head :
       {std::string("\x00\xff\xff\xff", 4), std::string("\xff\x00\x00\x01", 4)}) {
    incoming_lanes in;
    in.feed(head);
    std::string message;
    std::size_t part_bytes = 0;
    CHECK(in.next(message, part_bytes) == incoming_lanes::step::broken);
  }
}

TEST_CASE("row 41: without certificates only loopback is allowed") {
  auto s = named("a");
  CHECK(unsafe_without_certificates(s).empty());
  s.listen = "0.0.0.0:0";
  station open_to_all(s);
  CHECK(open_to_all.refused.find("cluster.listen is not on loopback") == 0);
  s = named("a", {"10.0.0.1:7400"});
  CHECK(unsafe_without_certificates(s).find("the seed 10.0.0.1:7400") == 0);
  s = named("a");
  s.advertise = "192.168.0.1:7400";
  CHECK_FALSE(unsafe_without_certificates(s).empty());
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

TEST_CASE("with certificates nodes of one authority are linked") {
  scratch dir;
  make(dir, {.nodes = {"a", "b"}});
  station a(secured(named("a"), dir, "a"));
  REQUIRE(a.refused.empty());
  station b(secured(named("b", {a.address}), dir, "b"));
  CHECK(a.sees("b"));
  REQUIRE(a.made->send(a.peer("b"), call(1, 500'000), lane::bulk));
  CHECK(b.until([&] { return b.calls.size() == 1; }));
}

TEST_CASE("row 42: a peer without a certificate of a node of this authority is refused") {
  scratch dir, other;
  make(dir, {.nodes = {"a", "b", "c"}});
  make(dir, {.nodes = {"old"}, .days = -1});
  make(dir, {.nodes = {"client"}, .node_uri = false});
  make(other, {.nodes = {"b"}});
  station a(secured(named("a"), dir, "a"));
  REQUIRE(a.refused.empty());
  const auto refused_within = [&](config::cluster_settings s) {
    const auto before = a.refusals();
    station stranger(std::move(s));
    REQUIRE(stranger.refused.empty());
    const auto end = std::chrono::steady_clock::now() + 10s * slowdown;
    while (a.refusals() == before && std::chrono::steady_clock::now() < end)
      stranger.until([] { return false; }, 5ms);
    CHECK(a.made->members()->size() == 1);
    return a.refusals() > before;
  };
  CHECK(refused_within(named("b", {a.address})));                               // none
  CHECK(refused_within(secured(named("b", {a.address}), other, "b")));          // another authority
  CHECK(refused_within(secured(named("old", {a.address}), dir, "old")));        // expired
  CHECK(refused_within(secured(named("client", {a.address}), dir, "client")));  // names no node
  CHECK(refused_within(secured(named("b", {a.address}), dir, "c")));            // another name
}

TEST_CASE("row 43: plain text and random bytes are closed") {
  scratch dir;
  make(dir, {.nodes = {"a"}});
  station plain(named("p")), tls(secured(named("a"), dir, "a"));
  for (auto* s : {&plain, &tls}) {
    CHECK(closes_after(s->address, std::string("\x00\xff\xff\xff", 4)));
    CHECK(closes_after(s->address, "GET / HTTP/1.1\r\n\r\n"));
  }
}

TEST_CASE("a node of a later version of the links decides itself, and an earlier one is refused") {
  station a(named("a"));
  net::io_context io;
  const auto greet = [&](const std::string& node, std::uint32_t version) {
    Hello hello;
    hello.set_version(version);
    hello.set_cluster(a.settings.name);
    hello.mutable_self()->set_node(node);
    hello.mutable_self()->set_incarnation(std::string(16, '\1'));
    hello.add_capabilities("of a later release");
    const auto text = hello.SerializeAsString();
    net::ip::tcp::socket socket(io);
    socket.connect(*parse_address(a.address));
    net::write(socket, net::buffer(std::string({0, 0, 0, static_cast<char>(text.size())}) + text));
    return socket;
  };
  const auto later = greet("later", gate::version + 1);
  CHECK(a.sees("later"));
  const auto before = a.refusals();
  const auto earlier = greet("earlier", gate::version - 1);
  const auto end = std::chrono::steady_clock::now() + 10s * slowdown;
  while (a.refusals() == before && std::chrono::steady_clock::now() < end)
    a.until([] { return false; }, 5ms);
  CHECK(a.refusals() > before);
}

TEST_CASE("row 44: an earlier start of a node is refused while the later one is linked") {
  station a(named("a"));
  auto first = std::make_unique<links>(named("b", {a.address}), Member(), system_wall_clock(),
                                       system_random());
  a.until([] { return false; }, 5ms);  // incarnations are ordered by the millisecond of their start
  station later(named("b", {a.address}));
  REQUIRE(a.sees("b"));
  const auto peer = a.peer("b");
  const auto started = first->start({[](peer_number, const Member&) {},
                                     [](peer_number, const Member&, const std::string&) {},
                                     [](peer_number, Envelopes&) {}, [] {}});
  REQUIRE(started.has_value());
  const auto end = std::chrono::steady_clock::now() + 10s * slowdown;
  while (a.refusals() == 0 && std::chrono::steady_clock::now() < end)
    a.until([] { return false; }, 5ms);
  CHECK(a.refusals() > 0);
  CHECK(a.peer("b") == peer);
  first->stop(0ms);
}
