// Operators and events: lags as metrics and commands show them, replays without doubled effects, events that the outbox has lost.
#include "actors/runtime/node/node_impl.hpp"
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace nova;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

namespace {

using strings = std::vector<std::string>;

std::int64_t mirrored(world& w, const std::string& key) {
  const auto* row = w.beta_store.table("counter").find({key});
  return row != nullptr ? std::get<std::int64_t>((*row)[1]) : 0;
}

runtime::event_lag lag(world& w) {
  const auto all = w.node().event_lags();
  REQUIRE(all.size() == 1);
  return all.front();
}

/// Lets beta's reader of alpha's only shard go back to `from`; the answer.
std::optional<result<std::uint64_t>> replay(world& w, std::uint64_t from) {
  auto& readers = w.node().internals().directory.find("beta")->readers;
  auto answer = std::make_shared<std::optional<result<std::uint64_t>>>();
  readers.front()->post([=](runtime::reader& r) {
    r.replay({from, {}, [answer](result<std::uint64_t> n) { *answer = n; }});
  });
  w.sim.run_until([&] { return answer->has_value(); });
  return *answer;
}

}  // namespace

TEST_CASE("unread events, the age of the oldest, and letters are told") {
  world w({.shards = 1});
  w.script->fail["a:0"] = -1;
  w.start();
  w.ask(emit, "b:0");
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "b") == 1; }));
  w.sim.advance(milliseconds(500));
  CHECK(lag(w).unread == 0);
  CHECK(lag(w).age_ms == 0);
  w.ask(emit, "a:0");
  REQUIRE(w.sim.run_until([&] { return lag(w).unread == 1; }));
  w.sim.advance(milliseconds(100));
  CHECK(lag(w).age_ms >= 100);
  REQUIRE(w.sim.run_until([&] { return w.dead_letters("dead") == 1; }, std::chrono::seconds(20)));
  w.sim.advance(milliseconds(500));
  CHECK(lag(w).unread == 0);
  CHECK(lag(w).letters == 1);
}

TEST_CASE("until a reader and its source have begun, nothing is said of what is unread") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    storage::memory_store alpha, beta;
    {
      world w({.seed = seed, .beta = false, .alpha_store = &alpha});
      w.start();
      for (int i = 0; i < 10; ++i) w.ask(emit, "a:" + std::to_string(i));
    }
    world w({.seed = seed, .alpha_store = &alpha, .beta_store = &beta});
    w.alpha->set_away(true);
    w.node().start();
    CHECK_FALSE(lag(w).unread.has_value());
    const auto& begun = w.node().internals().directory.find("beta")->readers;
    REQUIRE(w.sim.run_until([&] {
      return std::ranges::all_of(
          begun, [](const auto& r) { return r->settled != runtime::reader_seat::unknown; });
    }));
    CHECK_FALSE(lag(w).unread.has_value());
    w.alpha->set_away(false);
    REQUIRE(w.sim.run_until([&] { return lag(w).unread == 0; }, std::chrono::seconds(20)));
    CHECK(mirrored(w, "a") == 10);
  }
}

TEST_CASE("a replay reads events again, in order, and an effect that is there does not double") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    world w({.seed = seed, .shards = 1});
    w.start();
    for (int i = 0; i < 20; ++i) w.ask(emit, "a:" + std::to_string(i));
    REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 20; }));
    w.sim.advance(milliseconds(500));
    auto told = replay(w, 6);
    REQUIRE((told && told->has_value()));
    CHECK(told->value() == 15);
    for (int i = 20; i < 25; ++i) w.ask(emit, "a:" + std::to_string(i));
    REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 25; }));
    w.sim.advance(milliseconds(1000));
    CHECK(mirrored(w, "a") == 25);
    CHECK(w.script->applied.size() == 25);
    CHECK(lag(w).unread == 0);
  }
}

TEST_CASE("a replay goes on after a fence, and one from behind the end reads nothing") {
  world w({.shards = 1});
  w.start();
  for (int i = 0; i < 10; ++i) w.ask(emit, "a:" + std::to_string(i));
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 10; }));
  w.sim.advance(milliseconds(500));
  CHECK(replay(w, 99)->value() == 0);
  CHECK(replay(w, 1)->value() == 10);
  w.beta->fence_by_other();
  REQUIRE(w.sim.run_until([&] { return lag(w).unread == 0; }, std::chrono::seconds(20)));
  w.ask(emit, "a:10");
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 11; }, std::chrono::seconds(20)));
}

TEST_CASE("a consumer goes on behind events that the outbox has lost, and the log says so") {
  storage::memory_store alpha;
  {
    world w({.shards = 1, .beta = false, .alpha_store = &alpha});
    w.start();
    for (int i = 0; i < 10; ++i) w.ask(emit, "a:" + std::to_string(i));
  }
  for (std::int64_t seq = 1; seq <= 4; ++seq) alpha.table("outbox").erase({std::int64_t{0}, seq});
  world w({.shards = 1, .alpha_store = &alpha});
  w.start();
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 6; }, std::chrono::seconds(20)));
  bool said = false;
  for (const auto& line : w.log) said |= line.find("runtime.events_dropped") != line.npos;
  CHECK(said);
  w.ask(emit, "a:10");
  CHECK(w.sim.run_until([&] { return mirrored(w, "a") == 7; }));
}
