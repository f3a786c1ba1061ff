// An actor's fall loses nothing that was answered: pushes leave, taps are told, or sockets are told
// to resume. And a fence touches only the sockets that its domain pushes to.
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

using namespace nova;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

namespace {

void attach(world& w, std::uint8_t account, rpc::connection_id connection) {
  rpc::attachment a;
  a.connection = connection;
  a.account = account_id(account);
  w.node().attach(a, [](result<void> r) { CHECK(r.has_value()); });
  w.sim.settle();
}

std::vector<std::string> heard(const world& w) {
  std::vector<std::string> out;
  for (const auto& p : w.sink.pushes) out.push_back(p.what);
  std::sort(out.begin(), out.end());
  return out;
}

/// The shard's actor falls at the next entity that is loaded.
void let_fall(world& w) {
  w.fall = 1;
  w.call(get, "killer" + std::to_string(w.loads));
  w.sim.advance(milliseconds(20));
  CHECK(w.fall == 0);
}

}  // namespace

TEST_CASE(
    "A12: decisions in the lane when their shard falls: answers, pushes, taps and events follow") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    world w({.seed = seed, .shards = 1});
    int taps = 0;
    w.node().tap(changed(), [&](const rpc::message_ptr&) { ++taps; });
    w.start();
    attach(w, 1, 11);
    w.alpha->hold_commits(true);
    std::vector<reply_ptr> all;
    for (const char* text : {"a:1", "a:2", "b:3"}) all.push_back(w.call(emit, text, from(1)));
    w.sim.advance(milliseconds(20));
    let_fall(w);
    w.alpha->hold_commits(false);
    for (auto& r : all) CHECK(w.await(r)->ok());
    REQUIRE(w.sim.run_until([&] { return w.script->applied.size() == 3; }));
    CHECK(heard(w) == std::vector<std::string>{"a:1", "a:2", "b:3"});
    CHECK(taps == 3);
    CHECK(w.sink.closes.empty());
    CHECK(w.ask(get, "a")->text_of() == "2");
    for (auto& r : all) CHECK(r->times == 1);
  }
}

TEST_CASE("A12: a caller is answered by its deadline although its shard fell and the disk hangs") {
  world w({.shards = 1});
  w.start();
  w.alpha->hold_commits(true);
  auto c = from(1);
  c.deadline = w.sim.now() + milliseconds(300);
  auto r = w.call(emit, "a:1", c);
  w.sim.advance(milliseconds(20));
  let_fall(w);
  w.sim.advance(milliseconds(400));
  CHECK(r->code() == errc::deadline_exceeded);
  w.alpha->hold_commits(false);
  w.sim.advance(milliseconds(400));
  CHECK(r->times == 1);
  CHECK(w.stored("a") == 1);
}

TEST_CASE("A12: a shard that falls over the decision itself: it is committed, all sockets resume") {
  world w({.shards = 1});
  int taps = 0;
  w.node().tap(changed(), [&](const rpc::message_ptr&) { ++taps; });
  w.start();
  attach(w, 1, 11);
  w.ask(get, "a");
  w.fall = 1;
  auto r = w.call(emit, "a:1", from(1));
  w.await(r);
  CHECK(r->code() == errc::internal);
  w.sim.advance(milliseconds(500));
  CHECK(w.stored("a") == 1);
  CHECK(taps == 1);
  CHECK(heard(w).empty());
  REQUIRE(w.sink.closes.size() == 1);
  CHECK(w.sink.closes[0].code == rpc::close_code::too_slow);
}

TEST_CASE("A12: a tap that throws is called again, and its shard stands") {
  world w({.shards = 1});
  int taps = 0;
  w.node().tap(changed(), [&](const rpc::message_ptr&) {
    if (++taps < 3) throw std::runtime_error("a tap that throws");
  });
  w.start();
  CHECK(w.ask(emit, "a:0")->ok());
  w.sim.advance(milliseconds(2000));
  CHECK(taps == 3);
  CHECK(w.metric(metric::nova_actor_restarts_total, "supervisor:alpha") == 0);
}

TEST_CASE("A12: a courier that falls over a push tells its sockets to resume") {
  world w({.shards = 1});
  w.start();
  attach(w, 1, 11);
  w.sink.throws = 1;
  CHECK(w.ask(emit, "a:1", from(1))->ok());
  w.sim.advance(milliseconds(500));
  CHECK(heard(w).empty());
  REQUIRE(w.sink.closes.size() == 1);
  CHECK(w.sink.closes[0].code == rpc::close_code::too_slow);
  attach(w, 1, 12);
  CHECK(w.ask(emit, "a:2", from(1))->ok());
  w.sim.advance(milliseconds(100));
  CHECK(heard(w) == std::vector<std::string>{"a:2"});
}

TEST_CASE("A13: the fence of a domain that does not push closes no socket") {
  world w({.shards = 1, .change_beta = [](runtime::domain& d) { d.pushes = false; }});
  w.start();
  attach(w, 1, 11);
  w.beta->fence_by_other();
  w.sim.advance(milliseconds(3000));
  REQUIRE(w.sim.run_until([&] { return w.node().ready(); }));
  CHECK(w.sink.closes.empty());
  attach(w, 2, 12);
  CHECK(w.ask(emit, "a:1", from(2))->ok());
  w.alpha->fence_by_other();
  w.sim.advance(milliseconds(3000));
  CHECK(w.sink.closes.size() == 2);
}

TEST_CASE("A13: a domain that declares no pushes cannot push") {
  world w({.beta = false, .change_alpha = [](runtime::domain& d) { d.pushes = false; }});
  w.start();
  CHECK(w.ask(tell, "a:x", from(1))->code() == errc::internal);
  CHECK(w.ask(add, "a:1")->ok());
}
