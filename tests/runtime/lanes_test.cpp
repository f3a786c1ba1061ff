// A node whose domains have several commit lanes, under the deterministic driver.
#include "actors/runtime/node/node_impl.hpp"
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace nova;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

namespace {

constexpr std::uint32_t shards = 6, lanes = 3;

std::uint32_t shard_of(const std::string& key) {
  return static_cast<std::uint32_t>(stable_hash(key) % shards);
}

/// A key whose shard has this lane.
std::string key_of(std::uint32_t lane) {
  for (char c = 'a';; ++c)
    if (const std::string key(1, c); shard_of(key) % lanes == lane) return key;
}

}  // namespace

TEST_CASE("C: a lane that is away holds up the calls of its own shards alone") {
  world w({.shards = shards, .lanes = lanes});
  w.start();
  const auto here = key_of(0), there = key_of(1);
  w.alpha->part(1).set_away(true);
  CHECK(w.ask(add, here + ":1")->ok());
  CHECK(w.ask(add, there + ":1")->code() == errc::unavailable);
  w.sim.advance(milliseconds(5000));  // beyond the lease
  CHECK(w.ask(add, here + ":1")->text_of() == "2");
  CHECK_FALSE(w.node().ready());
  w.alpha->part(1).set_away(false);
  REQUIRE(w.sim.run_until([&] { return w.node().ready(); }));
  CHECK(w.ask(add, there + ":1")->text_of() == "1");
}

TEST_CASE("C: a call that waits for something else is not given up because another lane is away") {
  world w({.shards = shards, .lanes = lanes});
  w.start();
  w.alpha->part(1).set_away(true);
  CHECK(w.ask(rest, key_of(0) + ":2000")->ok());  // beyond the patience with a database
  CHECK(w.ask(rest, key_of(1) + ":2000")->code() == errc::unavailable);
}

TEST_CASE("C: a decision on one lane is answered while another lane waits for its disk") {
  world w({.shards = shards, .lanes = lanes});
  w.start();
  w.alpha->part(1).hold_commits(true);
  auto waits = w.call(add, key_of(1) + ":1");
  CHECK(w.ask(add, key_of(2) + ":1")->ok());
  CHECK_FALSE(waits->got.has_value());
  w.alpha->part(1).hold_commits(false);
  CHECK(w.await(waits)->ok());
}

TEST_CASE(
    "C: a lane that is fenced ends all lanes of its process, and the new ones take all shards") {
  world w({.shards = shards, .lanes = lanes});
  w.start();
  std::set<uuid> before;
  for (const auto& [shard, row] : w.alpha_store.shards) before.insert(row.lane);
  CHECK(before.size() == lanes);
  CHECK(w.ask(add, key_of(0) + ":1")->ok());
  w.alpha->part(1).hold_commits(true);
  auto lost = w.call(add, key_of(1) + ":1");
  w.sim.advance(milliseconds(20));
  w.alpha->part(1).fence_by_other();
  w.alpha->part(1).hold_commits(false);
  CHECK(w.await(lost)->code() == errc::unavailable);
  REQUIRE(w.sim.run_until([&] { return w.node().ready(); }));
  std::set<uuid> after;
  for (const auto& [shard, row] : w.alpha_store.shards) after.insert(row.lane);
  CHECK(after.size() == lanes);
  for (const auto& id : after) CHECK_FALSE(before.contains(id));
  CHECK(w.ask(add, key_of(0) + ":1")->text_of() == "2");
  CHECK(w.ask(add, key_of(1) + ":1")->text_of() == "1");
}

TEST_CASE("lanes apart: one that is fenced ends its part, and the others serve on from memory") {
  world w({.shards = shards, .lanes = lanes, .apart = true});
  w.start();
  const auto here = key_of(0), there = key_of(1);
  const auto lane_of = [&](const std::string& key) {
    return w.alpha_store.shards.at(shard_of(key)).lane;
  };
  const auto kept = lane_of(here), lost = lane_of(there);
  CHECK(w.ask(add, here + ":1")->ok());
  CHECK(w.ask(add, there + ":1")->ok());
  const auto& loaded = w.node().internals().services.metrics.of("entity:alpha.counter").activations;
  const auto before = loaded.load();
  w.alpha->part(1).fence_by_other();
  CHECK(w.ask(add, there + ":1")->code() == errc::unavailable);
  CHECK(w.ask(add, here + ":1")->text_of() == "2");
  CHECK(loaded.load() == before);
  REQUIRE(w.sim.run_until([&] { return w.node().ready(); }));
  CHECK(lane_of(here) == kept);
  CHECK(lane_of(there) != lost);
  CHECK(w.ask(add, there + ":1")->text_of() == "2");
}

TEST_CASE(
    "C: with several lanes each event takes effect once, also when one lane fails, is fenced or is "
    "away") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    world w({.seed = seed,
             .shards = shards,
             .lanes = lanes,
             .apart = seed > 15,
             .read_model = seed % 3 == 0});
    w.start();
    auto& random = w.sim.random();
    const std::vector<std::string> keys{"a", "b", "c", "d", "e"};
    for (int round = 0; round < 40; ++round) {
      w.call(emit, keys[random.next() % keys.size()] + ":" + std::to_string(round));
      auto& store = random.next() % 2 == 0 ? *w.alpha : *w.beta;
      auto& lane = store.part(static_cast<std::uint32_t>(random.next() % lanes));
      switch (random.next() % 12) {
        case 0: lane.inject(storage::commit_fault::lose_reply); break;
        case 1: lane.inject(storage::commit_fault::lose_before); break;
        case 2: lane.inject(storage::commit_fault::fail); break;
        case 3: lane.fence_by_other(); break;
        case 4: lane.set_away(true); break;
        default: lane.set_away(false);
      }
      for (auto n = random.next() % 40; n > 0; --n) w.sim.step();
      if (random.next() % 4 == 0) w.sim.advance(milliseconds(random.next() % 400));
    }
    w.alpha->set_away(false);
    w.beta->set_away(false);
    const auto mirrored = [&](const std::string& key) {
      const auto* row = w.beta_store.table("counter").find({key});
      return row == nullptr ? std::int64_t{0} : std::get<std::int64_t>((*row)[1]);
    };
    const auto settled = [&] {
      for (const auto& key : keys)
        if (mirrored(key) != w.stored(key)) return false;
      return w.node().ready();
    };
    CHECK(w.sim.run_until(settled, std::chrono::seconds(60)));
    w.sim.advance(milliseconds(3000));
    for (const auto& key : keys) CHECK(mirrored(key) == w.stored(key));
    CHECK(w.dead_letters("dead") == 0);
  }
}
