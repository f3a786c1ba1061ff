// Passivation, bounds of queues, deadlines and the lease, under the deterministic driver.
#include "actors/runtime/entities/entity.hpp"
#include "actors/runtime/node/node_impl.hpp"
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

namespace {

std::uint64_t active(world& w) {
  return w.metric(metric::nova_actor_active, "entity:alpha.counter");
}
std::uint64_t passivations(world& w) {
  return w.metric(metric::nova_actor_passivations_total, "entity:alpha.counter");
}

}  // namespace

TEST_CASE("what a waiting call and an idle entity take, besides their texts and state") {
  CHECK(sizeof(runtime::flight) <= 832);
  CHECK(sizeof(runtime::entity) <= 208);
}

TEST_CASE("an idle entity leaves memory and comes back with its state") {
  world w({.change_alpha = [](runtime::domain& d) {
    d.kinds[0].idle_passivation = milliseconds(5000);
  }});
  w.start();
  w.ask(add, "a:4");
  w.ask(add, "b:1");
  CHECK(active(w) == 2);
  w.sim.advance(milliseconds(3000));
  w.ask(get, "b");
  w.sim.advance(milliseconds(3500));
  CHECK(active(w) == 1);
  CHECK(passivations(w) == 1);
  CHECK(w.ask(get, "a")->text_of() == "4");
}

TEST_CASE("by count: the longest unused leave first, and none with a commit under way") {
  config::runtime_settings s;
  s.max_entities = 8;
  world w({.settings = s, .shards = 1});
  w.start();
  w.ask(add, "kept:1");
  w.alpha->hold_commits(true);
  auto held = w.call(add, "kept:1");
  w.sim.advance(milliseconds(20));
  std::vector<reply_ptr> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(w.call(get, "k" + std::to_string(i)));
    w.await(all.back());
    w.sim.advance(milliseconds(10));
    CHECK(active(w) <= 9);
  }
  CHECK(passivations(w) >= 90);
  w.alpha->hold_commits(false);
  w.await(held);
  CHECK(held->text_of() == "2");
  const auto loads = w.loads;
  w.ask(get, "k99");
  CHECK(w.loads == loads);  // the last used is still here
}

TEST_CASE("by bytes: what the kind reports counts") {
  config::runtime_settings s;
  s.max_entity_bytes = 20'000;  // each weighs a little more than 1000
  world w({.settings = s, .shards = 1});
  w.start();
  for (int i = 0; i < 100; ++i) w.ask(get, "k" + std::to_string(i));
  CHECK(active(w) <= 20);
  CHECK(active(w) >= 10);
  CHECK(w.metric(metric::nova_actor_state_bytes, "entity:alpha.counter") <= 21'500);
}

TEST_CASE(
    "C: the node has one budget: the longest unused leave shards that have more than their part") {
  config::runtime_settings s;
  s.max_node_entity_bytes = 20'000;  // each weighs a little more than 1000
  world w({.settings = s, .beta = false});
  w.start();
  const auto shard = [](int i) { return stable_hash("k" + std::to_string(i)) % 4; };
  int alone = 0;
  while (shard(alone) != 0) ++alone;
  w.ask(get, "k" + std::to_string(alone));
  int asked = 0;
  for (int i = 0; asked < 100; ++i)
    if (shard(i) != 0) w.ask(get, "k" + std::to_string(i)), ++asked;
  CHECK(active(w) <= 21);
  CHECK(active(w) >= 15);
  const auto loads = w.loads;
  w.ask(get, "k" + std::to_string(alone));  // its shard has less than its part
  CHECK(w.loads == loads);
}

TEST_CASE("passivation under load loses and doubles nothing") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    config::runtime_settings s;
    s.max_entities = 3;
    world w({.seed = seed, .settings = s, .shards = 2, .beta = false});
    w.start();
    std::vector<reply_ptr> all;
    for (int round = 0; round < 20; ++round) {
      for (int k = 0; k < 10; ++k)
        all.push_back(w.call(k % 3 == 0 ? leave : add, "k" + std::to_string(k) + ":1"));
      for (int n = 0; n < 150; ++n) w.sim.step();
    }
    for (auto& r : all) CHECK(w.await(r)->ok());
    for (int k = 0; k < 10; ++k) CHECK(w.stored("k" + std::to_string(k)) == 20);
    CHECK(passivations(w) > 30);
  }
}

TEST_CASE("a decision that asks for passivation") {
  world w;
  w.start();
  w.ask(leave, "a");
  w.sim.advance(milliseconds(20));
  CHECK(active(w) == 0);
  CHECK(w.ask(get, "a")->text_of() == "1");
}

TEST_CASE(
    "what waits behind a decision that asks for passivation is decided on what is then loaded") {
  world w;
  w.start();
  w.ask(add, "a:5");
  auto left = w.call(leave, "a");
  auto behind = w.call(add, "a:1");
  auto seen = w.call(get, "a");
  w.await(seen);
  CHECK(left->text_of() == "6");
  CHECK(behind->text_of() == "7");
  CHECK(seen->text_of() == "7");
  CHECK(w.stored("a") == 7);
}

TEST_CASE("a call past its deadline is answered once; what comes later is dropped") {
  world w;
  w.start();
  auto c = from(1);
  c.deadline = w.sim.now() + milliseconds(100);
  auto slow = w.call(rest, "a:1000", c);
  auto stashed = w.call(add, "a:1", c);
  auto next = w.call(add, "a:1");
  w.sim.advance(milliseconds(130));
  CHECK(slow->code() == errc::deadline_exceeded);
  CHECK(stashed->code() == errc::deadline_exceeded);
  w.await(next);
  CHECK(next->text_of() == "1");  // the call before it went, it did not wait the whole second
  w.sim.advance(milliseconds(2000));
  CHECK(slow->times == 1);
  CHECK(stashed->times == 1);
  CHECK(w.metric(metric::nova_actor_deadlines_missed_total, "entity:alpha.counter") == 2);
  CHECK(w.stored("a") == 1);
}

TEST_CASE("a deadline while the commit is under way: answered in time, committed once") {
  world w;
  w.start();
  w.alpha->hold_commits(true);
  auto c = from(1);
  c.deadline = w.sim.now() + milliseconds(200);
  auto r = w.call(add, "a:1", c);
  w.sim.advance(milliseconds(230));
  CHECK(r->code() == errc::deadline_exceeded);
  w.alpha->hold_commits(false);
  w.sim.advance(milliseconds(50));
  CHECK(w.stored("a") == 1);
  CHECK(r->times == 1);
}

TEST_CASE("full stash and full inbox: overloaded at once") {
  config::runtime_settings s;
  s.max_stash = 16;
  s.max_shard_inbox = 16;
  world w({.settings = s, .shards = 1});
  w.start();
  auto first = w.call(rest, "a:500");
  w.sim.settle();
  std::vector<reply_ptr> stashed;
  for (int i = 0; i < 20; ++i) {
    stashed.push_back(w.call(add, "a:1"));
    w.sim.settle();
  }
  for (int i = 0; i < 16; ++i) CHECK_FALSE(stashed[i]->got);
  for (int i = 16; i < 20; ++i) CHECK(stashed[i]->code() == errc::overloaded);
  CHECK(stashed[19]->got->error().retry_after_ms == s.overload_retry_ms);
  std::vector<reply_ptr> crowd;
  for (int i = 0; i < 18; ++i) crowd.push_back(w.call(get, "b"));  // no step in between
  CHECK_FALSE(crowd[15]->got);
  CHECK(crowd[16]->code() == errc::overloaded);
  CHECK(w.metric(metric::nova_actor_inbox_overflows_total, "shard:alpha") == 2);
  CHECK(w.metric(metric::nova_actor_stash_overflows_total, "entity:alpha.counter") == 4);
  for (auto& r : stashed) w.await(r);
}

TEST_CASE(
    "no lease, no reads from memory: a node cut off from its database falls silent by its own "
    "clock") {
  world w;
  w.start();
  w.ask(add, "a:1");
  w.alpha->hold_commits(true);  // renewals too
  w.sim.advance(milliseconds(2500));
  CHECK(w.ask(get, "a")->ok());
  w.sim.advance(milliseconds(1500));
  const auto calls = w.handler_calls;
  CHECK(w.ask(get, "a")->code() == errc::unavailable);
  CHECK(w.handler_calls == calls);
  w.alpha->hold_commits(false);
  REQUIRE(w.sim.run_until([&] { return w.node().ready(); }));
  CHECK(w.ask(get, "a")->text_of() == "1");
}

TEST_CASE("A15.4: a process that is stopped within a turn serves nothing more from memory in it") {
  milliseconds stopped{0};
  int handled = 0;
  world w({.shards = 1, .beta = false, .change_alpha = [&](runtime::domain& d) {
             auto& handler = d.kinds[0].calls[get];
             handler = [&, inner = handler](const auto&... x) {
               ++handled;
               stopped = milliseconds(10'000);  // every lease is over then
               return inner(x...);
             };
           }});
  auto& now = w.node().internals().services.now;
  now = [&, inner = now] { return inner() + stopped; };
  w.start();
  w.ask(add, "a:1");
  auto first = w.call(get, "a");
  auto second = w.call(get, "a");
  w.sim.settle();
  CHECK(first->ok());
  CHECK(second->code() == errc::unavailable);
  CHECK(handled == 1);
  stopped = milliseconds(0);
}

TEST_CASE(
    "fenced: nothing is written, callers get unavailable, memory is dropped, a new lane serves "
    "on") {
  world w;
  w.start();
  w.ask(add, "a:1");
  rpc::attachment socket;
  socket.connection = 7;
  socket.account = account_id(1);
  w.node().attach(socket, [](auto) {});
  w.alpha->hold_commits(true);
  auto lost = w.call(add, "a:10");
  w.sim.advance(milliseconds(20));
  w.alpha->fence_by_other();
  // Meanwhile another owner wrote.
  w.alpha_store.table("counter").put({std::string("a"), std::int64_t{50}});
  w.alpha->hold_commits(false);
  w.await(lost);
  CHECK(lost->code() == errc::unavailable);
  REQUIRE(w.sim.run_until([&] { return w.node().ready(); }));
  CHECK(w.ask(get, "a")->text_of() == "50");
  CHECK(w.ask(add, "a:1")->text_of() == "51");
  // What the other owner pushed meanwhile did not come here: its sockets must resume.
  REQUIRE(w.sink.closes.size() == 1);
  CHECK(w.sink.closes[0].connection == 7);
  CHECK(w.sink.closes[0].code == rpc::close_code::restart);
}

TEST_CASE(
    "two nodes on one database: the second waits for the lease and then owns the shards alone") {
  storage::memory_store store;
  world first({.beta = false, .alpha_store = &store});
  first.start();
  first.ask(add, "a:1");
  world second({.seed = 2, .beta = false, .node = "node-b", .alpha_store = &store});
  second.node().start();
  second.sim.advance(milliseconds(1000));
  CHECK_FALSE(second.node().ready());
  CHECK(second.ask(get, "a")->code() == errc::unavailable);
  // The first stops renewing; both clocks go on.
  first.alpha->hold_commits(true);
  auto stale = first.call(add, "a:10");
  first.sim.advance(milliseconds(5000));
  REQUIRE(second.sim.run_until([&] { return second.node().ready(); }, milliseconds(20'000)));
  CHECK(second.ask(add, "a:1")->text_of() == "2");
  first.alpha->hold_commits(false);
  first.await(stale);
  CHECK(stale->times == 1);
  first.sim.advance(milliseconds(100));
  CHECK(second.stored("a") == 2);
}
