// Events from commit to effect in another domain: order, duplicates, gaps, failures, read models,
// settled answers.
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace nova;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

namespace {

std::int64_t mirrored(world& w, const std::string& key) {
  const auto* row = w.beta_store.table("counter").find({key});
  return row != nullptr ? std::get<std::int64_t>((*row)[1]) : 0;
}

/// The numbers after "key:" in the order in which beta applied them.
std::vector<int> applied(world& w, const std::string& key) {
  std::vector<int> out;
  for (const auto& s : w.script->applied)
    if (s.starts_with(key + ":")) out.push_back(std::stoi(s.substr(key.size() + 1)));
  return out;
}

}  // namespace

TEST_CASE("events take effect once and in order of their key, whatever the order of steps") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    world w({.seed = seed});
    w.start();
    for (int i = 0; i < 30; ++i)
      for (const char* key : {"a", "b", "c"})
        w.call(emit, std::string(key) + ":" + std::to_string(i));
    REQUIRE(w.sim.run_until([&] { return w.script->applied.size() >= 90; }));
    w.sim.advance(milliseconds(500));
    CHECK(w.script->applied.size() == 90);
    for (const char* key : {"a", "b", "c"}) {
      const auto order = applied(w, key);
      CHECK(std::is_sorted(order.begin(), order.end()));
      CHECK(mirrored(w, key) == 30);
    }
  }
}

TEST_CASE(
    "a consumer that was down pulls what it missed, and what it had applied it does not apply "
    "again") {
  storage::memory_store alpha;
  {
    world w({.beta = false, .alpha_store = &alpha});
    w.start();
    for (int i = 0; i < 20; ++i) w.ask(emit, "a:" + std::to_string(i));
  }
  world w({.alpha_store = &alpha});
  w.start();
  REQUIRE(w.sim.run_until([&] { return w.script->applied.size() >= 20; }));
  const auto order = applied(w, "a");
  CHECK(std::is_sorted(order.begin(), order.end()));
  // The lane of beta is taken away and comes back: readers start from an offset that may lie
  // behind.
  w.ask(emit, "a:20");
  w.beta->fence_by_other();
  w.ask(emit, "a:21");
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 22; }));
  w.sim.advance(milliseconds(3000));
  CHECK(mirrored(w, "a") == 22);
}

TEST_CASE("pushes that are lost to a full reader are pulled") {
  config::runtime_settings s;
  s.max_reader_backlog = 4;
  s.intake_window = 2;
  s.pull_page = 3;
  world w({.settings = s, .shards = 1});
  w.start();
  w.beta->hold_commits(true);
  for (int i = 0; i < 60; ++i) w.ask(emit, "a:" + std::to_string(i));
  w.beta->hold_commits(false);
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 60; }));
  const auto order = applied(w, "a");
  CHECK(order.size() == 60);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a duplicate has no effect: the mark is committed with the effect") {
  world w({.shards = 1});
  w.start();
  w.ask(emit, "a:0");
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 1; }));
  w.sim.advance(milliseconds(1000));
  // The reader's offset is set back, as after a crash before it was saved.
  w.beta_store.table("intake_offset").put({std::string("alpha"), std::int64_t{0}, std::int64_t{0}});
  w.beta->fence_by_other();
  w.sim.advance(milliseconds(3000));
  REQUIRE(w.sim.run_until([&] { return w.node().ready(); }));
  w.ask(emit, "a:1");
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 2; }));
  CHECK(w.script->applied == std::vector<std::string>{"a:0", "a:1"});
}

TEST_CASE("an event that fails now and then is tried again") {
  world w;
  w.script->fail["a:1"] = 3;
  w.start();
  for (int i = 0; i < 4; ++i) w.ask(emit, "a:" + std::to_string(i));
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 4; }));
  CHECK(applied(w, "a") == std::vector<int>{0, 1, 2, 3});
  CHECK(w.dead_letters("dead") == 0);
}

TEST_CASE(
    "an event that always fails becomes a dead letter; later ones of its key wait, others go on") {
  world w({.shards = 1});
  w.script->fail["a:1"] = -1;
  w.start();
  for (int i = 0; i < 5; ++i) {
    w.ask(emit, "a:" + std::to_string(i));
    w.ask(emit, "b:" + std::to_string(i));
  }
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "b") == 5 && w.dead_letters("waiting") == 3; },
                          std::chrono::seconds(60)));
  CHECK(applied(w, "a") == std::vector<int>{0});
  CHECK(w.dead_letters("dead") == 1);
  const auto& letters = w.beta_store.table("dead_letter").rows();
  bool has_reason = false;
  for (const auto& [key, row] : letters)
    if (std::get<std::string>(row[6]) == "dead") {
      has_reason = std::get<std::string>(row[7]) == "refuses a:1";
      CHECK(std::get<std::int64_t>(row[8]) == 5);
      CHECK_FALSE(std::get<storage::bytes>(row[5]).data.empty());
    }
  CHECK(has_reason);
  // Still so after a restart of the readers.
  w.beta->fence_by_other();
  w.sim.advance(milliseconds(3000));
  w.ask(emit, "a:5");
  REQUIRE(w.sim.run_until([&] { return w.dead_letters("waiting") == 4; }));
}

TEST_CASE("a route that fails becomes a dead letter as well") {
  world w({.shards = 1});
  w.script->fail_route["a:0"] = -1;
  w.script->fail_route["b:0"] = 2;
  w.start();
  w.ask(emit, "a:0");
  w.ask(emit, "b:0");
  w.ask(emit, "c:0");
  REQUIRE(w.sim.run_until(
      [&] { return w.dead_letters("dead") == 1 && mirrored(w, "b") == 1 && mirrored(w, "c") == 1; },
      std::chrono::seconds(60)));
}

TEST_CASE("a database that is away suspends and does not count as a failure") {
  world w({.shards = 1});
  w.start();
  w.ask(emit, "a:0");
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 1; }));
  w.beta->set_away(true);
  w.ask(emit, "a:1");
  w.sim.advance(milliseconds(60'000));
  w.beta->set_away(false);
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 2; }, std::chrono::seconds(60)));
  CHECK(w.dead_letters("dead") == 0);
}

TEST_CASE("a route may read first") {
  world w;
  w.script->route_reads = true;
  w.start();
  for (int i = 0; i < 10; ++i) w.ask(emit, "a:" + std::to_string(i));
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 10; }));
  const auto order = applied(w, "a");
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE(
    "a read model: effect and offset in one unit, once, also when the reply of the commit is "
    "lost") {
  world w({.shards = 1, .read_model = true});
  w.start();
  w.ask(emit, "a:0");
  w.beta->inject(storage::commit_fault::lose_reply);
  w.ask(emit, "a:1");
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 2; }));
  w.beta->fence_by_other();
  w.sim.advance(milliseconds(3000));
  w.ask(emit, "a:2");
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 3; }));
  w.sim.advance(milliseconds(1000));
  CHECK(mirrored(w, "a") == 3);
}

TEST_CASE("a read model that refuses an event: dead letter, the rest goes on") {
  world w({.shards = 1, .read_model = true});
  w.script->fail["a:0"] = -1;
  w.start();
  w.ask(emit, "a:0");
  w.ask(emit, "a:1");
  w.ask(emit, "b:0");
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "b") == 1 && w.dead_letters("waiting") == 1; },
                          std::chrono::seconds(60)));
  CHECK(mirrored(w, "a") == 0);
}

TEST_CASE("an answer that settles elsewhere waits for the effect, but only for a time") {
  world w;
  w.start();
  auto r = w.ask(emit_settled, "a:0");
  CHECK(r->ok());
  CHECK(mirrored(w, "a") == 1);
  w.beta->hold_commits(true);
  const auto start = w.sim.now();
  r = w.ask(emit_settled, "a:1");
  CHECK(r->ok());
  CHECK(mirrored(w, "a") == 1);
  CHECK(w.sim.now() - start >= milliseconds(900));
  CHECK(w.sim.now() - start <= milliseconds(1200));
  w.beta->hold_commits(false);
}

TEST_CASE("the reader's offset follows") {
  world w({.shards = 1});
  w.start();
  for (int i = 0; i < 7; ++i) w.ask(emit, "a:" + std::to_string(i));
  w.sim.advance(milliseconds(600));
  const auto* row =
      w.beta_store.table("intake_offset").find({std::string("alpha"), std::int64_t{0}});
  REQUIRE(row != nullptr);
  CHECK(std::get<std::int64_t>((*row)[2]) == 7);
}

TEST_CASE(
    "A15.1: an offset that comes late does not take the place of a later one in its batch, or "
    "effects would double after a restart") {
  world w({.shards = 1, .read_model = true});
  w.script->no_effect = "a:0";
  w.start();
  w.beta->hold_commits(true);
  w.sim.advance(milliseconds(1100));  // a renewal is under way
  for (int i = 0; i < 2; ++i) w.ask(emit, "a:" + std::to_string(i));
  w.sim.advance(milliseconds(500));  // the offset of a:0 waits behind the unit of a:1
  w.beta->hold_commits(false);
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 1; }));
  w.sim.advance(milliseconds(1100));
  const auto* row =
      w.beta_store.table("intake_offset").find({std::string("alpha"), std::int64_t{0}});
  REQUIRE(row != nullptr);
  CHECK(std::get<std::int64_t>((*row)[2]) == 2);
}

TEST_CASE("an offset that the lane did not take is saved when the database is back") {
  config::runtime_settings s;
  s.offset_events = 1;
  world w({.settings = s, .shards = 1});
  w.script->no_effect = "a:0";
  w.start();
  w.beta->set_away(true);
  w.ask(emit, "a:0");
  w.sim.advance(milliseconds(1000));
  w.beta->set_away(false);
  w.sim.advance(milliseconds(2000));
  const auto* row =
      w.beta_store.table("intake_offset").find({std::string("alpha"), std::int64_t{0}});
  REQUIRE(row != nullptr);
  CHECK(std::get<std::int64_t>((*row)[2]) == 1);
}

TEST_CASE("A15.1: a timer that finds the lane away writes the offset at its next time") {
  config::runtime_settings s;
  s.offset_ms = 400;
  world w({.settings = s, .shards = 1});
  w.script->no_effect = "a:0";
  w.start();
  w.ask(emit, "a:0");
  const auto saved = [&] {
    const auto* row =
        w.beta_store.table("intake_offset").find({std::string("alpha"), std::int64_t{0}});
    return row == nullptr ? 0 : std::get<std::int64_t>((*row)[2]);
  };
  w.sim.advance(milliseconds(100));
  CHECK(saved() == 0);
  w.beta->set_away(true);
  w.sim.advance(milliseconds(500));  // the timer's first time
  w.beta->set_away(false);
  CHECK(saved() == 0);
  w.sim.advance(milliseconds(500));  // its second time
  CHECK(saved() == 1);
}

TEST_CASE(
    "an answer does not wait for a domain whose database is away, and the effect comes later") {
  world w({.shards = 1});
  w.start();
  CHECK(w.ask(emit_settled, "a:0")->ok());
  w.beta->set_away(true);
  w.sim.advance(milliseconds(1500));
  auto r = w.call(emit_settled, "a:1");
  CHECK(w.sim.run_until([&] { return r->got.has_value(); }, milliseconds(200)));
  CHECK(r->ok());
  w.beta->set_away(false);
  CHECK(w.sim.run_until([&] { return mirrored(w, "a") == 2; }, std::chrono::seconds(20)));
}

TEST_CASE(
    "a read model that changed: entities in memory load the new truth before the answer settles") {
  world w({.read_model = true});
  w.start();
  CHECK(w.ask(mirror_get, "a")->text_of() == "0");
  CHECK(w.ask(emit_settled, "a:0")->ok());
  CHECK(w.ask(mirror_get, "a")->text_of() == "1");
  // Also while calls are under way.
  std::vector<reply_ptr> reads;
  for (int i = 0; i < 10; ++i) {
    w.call(emit, "a:" + std::to_string(i));
    reads.push_back(w.call(mirror_get, "a"));
    for (int n = 0; n < 5; ++n) w.sim.step();
  }
  for (auto& r : reads) CHECK(w.await(r)->ok());
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 11; }));
  w.sim.advance(milliseconds(100));
  CHECK(w.ask(mirror_get, "a")->text_of() == "11");
}

TEST_CASE("A1: an entity that is made while a read model changes never keeps the old truth") {
  for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
    CAPTURE(seed);
    world w({.seed = seed, .shards = 1, .read_model = true, .found = true});
    w.start();
    auto block = w.call(emit_settled, "a:0");
    for (auto n = w.sim.random().next() % 60; n > 0; --n) w.sim.step();
    w.beta_store.table("pair").put({std::string("a")});  // from now on the entity can be loaded
    auto first = w.call(mirror_get, "a");
    CHECK(w.await(block)->ok());
    CHECK(w.await(first)->ok());
    CHECK(w.ask(mirror_get, "a")->text_of() == "1");
  }
}

TEST_CASE("A1: a reader that falls between commit and refresh is followed by one that refreshes") {
  world w({.shards = 1, .read_model = true, .found = true});
  w.beta_store.table("pair").put({std::string("a")});
  w.start();
  CHECK(w.ask(mirror_get, "a")->text_of() == "0");
  w.beta->hold_commits(true);
  w.ask(emit, "a:0");
  w.sim.advance(milliseconds(50));
  w.script->fall_route = "b:0";
  w.ask(emit, "b:0");
  w.sim.advance(milliseconds(50));
  CHECK(w.script->fall_route.empty());
  w.beta->hold_commits(false);
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 1 && mirrored(w, "b") == 1; }));
  w.sim.advance(milliseconds(200));
  CHECK(w.ask(mirror_get, "a")->text_of() == "1");
  CHECK(mirrored(w, "a") == 1);
}

TEST_CASE("A14: consecutive read-model events share a unit, and a refused one fails alone") {
  world w({.shards = 1, .read_model = true});
  w.script->fail["k7:7"] = -1;
  w.start();
  w.beta->hold_commits(true);
  for (int i = 0; i < 200; ++i) w.ask(emit, "k" + std::to_string(i) + ":" + std::to_string(i));
  const auto before = w.beta->batches();
  w.beta->hold_commits(false);
  auto all = [&] {
    for (int i = 0; i < 200; ++i)
      if (i != 7 && mirrored(w, "k" + std::to_string(i)) != 1) return false;
    return true;
  };
  REQUIRE(w.sim.run_until(all, std::chrono::seconds(60)));
  CHECK(mirrored(w, "k7") == 0);
  CHECK(w.dead_letters("dead") == 1);
  // Up to 64 a unit; those of the unit with the refused one go one by one, some batches are renewals.
  CHECK(w.beta->batches() - before < 110);
}

TEST_CASE("A14: a backlog is bounded in bytes; events beyond it are pulled") {
  constexpr std::uint64_t few = 64, many = 1'000'000;
  // A lost outbox shows what the reader holds in memory: of that, and of the newest event, the effects come.
  struct shape {
    std::uint64_t bytes;
    bool outbox_lost;
  };
  for (const auto x : {shape{few, false}, shape{few, true}, shape{many, true}}) {
    const auto bytes = x.bytes;
    const bool outbox_lost = x.outbox_lost;
    CAPTURE(bytes);
    CAPTURE(outbox_lost);
    config::runtime_settings s;
    s.max_reader_backlog_bytes = bytes;
    s.intake_window = 2;
    s.pull_page = 3;
    world w({.settings = s, .shards = 1});
    w.start();
    w.beta->hold_commits(true);
    for (int i = 0; i < 60; ++i) w.ask(emit, "a:" + std::to_string(i));
    auto& outbox = w.alpha_store.table("outbox");
    std::size_t smallest = few;
    for (const auto& [key, row] : outbox.rows())
      smallest = std::min(smallest, std::get<storage::bytes>(row[4]).data.size());
    while (outbox_lost && outbox.rows().size() > 1) outbox.erase(outbox.rows().begin()->first);
    w.beta->hold_commits(false);
    REQUIRE(w.sim.run_until([&] {
      const auto order = applied(w, "a");
      return !order.empty() && order.back() == 59;
    }));
    const auto order = applied(w, "a");
    CHECK(std::is_sorted(order.begin(), order.end()));
    if (bytes == few && outbox_lost) CHECK(order.size() <= s.intake_window + few / smallest + 2);
    else CHECK(order.size() == 60);
  }
}

TEST_CASE("whatever is lost, fenced or fails: each committed event has its effect exactly once") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    world w({.seed = seed, .shards = 2, .read_model = seed % 4 == 0});
    w.start();
    auto& random = w.sim.random();
    for (int round = 0; round < 60; ++round) {
      const auto key = std::string(1, static_cast<char>('a' + random.next() % 5));
      const auto text = key + ":" + std::to_string(round);
      if (random.next() % 6 == 0) w.script->fail[text] = static_cast<int>(random.next() % 3);
      w.call(emit, text);
      auto& store = random.next() % 2 == 0 ? *w.alpha : *w.beta;
      switch (random.next() % 12) {
        case 0: store.inject(storage::commit_fault::lose_reply); break;
        case 1: store.inject(storage::commit_fault::lose_before); break;
        case 2: store.inject(storage::commit_fault::fail); break;
        case 3: store.fence_by_other(); break;
        case 4: store.set_away(true); break;
        default: store.set_away(false);
      }
      for (auto n = random.next() % 40; n > 0; --n) w.sim.step();
      if (random.next() % 4 == 0) w.sim.advance(milliseconds(random.next() % 400));
    }
    w.alpha->set_away(false);
    w.beta->set_away(false);
    auto settled = [&] {
      for (const char* key : {"a", "b", "c", "d", "e"})
        if (mirrored(w, key) != w.stored(key)) return false;
      return w.node().ready();
    };
    CHECK(w.sim.run_until(settled, std::chrono::seconds(60)));
    w.sim.advance(milliseconds(3000));
    std::int64_t all = 0;
    for (const char* key : {"a", "b", "c", "d", "e"}) {
      CHECK(mirrored(w, key) == w.stored(key));
      all += w.stored(key);
    }
    CHECK(all > 10);
    CHECK(w.dead_letters("dead") == 0);
  }
}
