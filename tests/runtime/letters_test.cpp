// Dead letters: tried again with growing pauses, once in effect, listed, retried and discarded by
// operators; what waits behind them, and how calls are told.
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

namespace {

using strings = std::vector<std::string>;
std::uint64_t waiting(world& w) { return w.metric(metric::nova_actor_letters, "reader:beta"); }

std::int64_t mirrored(world& w, const std::string& key) {
  const auto* row = w.beta_store.table("counter").find({key});
  return row != nullptr ? std::get<std::int64_t>((*row)[1]) : 0;
}

std::vector<runtime::dead_letter> list(world& w) {
  std::vector<runtime::dead_letter> out;
  bool got = false;
  w.node().dead_letters("beta", {}, 100, [&](result<std::vector<runtime::dead_letter>> r) {
    REQUIRE(r.has_value());
    out = r.value();
    got = true;
  });
  REQUIRE(w.sim.run_until([&] { return got; }));
  return out;
}

/// Calls retry_dead_letter or discard_dead_letter.
template <class F>
std::optional<errc> operate(world& w, F f) {
  std::optional<result<void>> answer;
  f([&](result<void> r) { answer = r; });
  REQUIRE(w.sim.run_until([&] { return answer.has_value(); }));
  if (answer->has_value()) return {};
  return answer->error().code;
}

}  // namespace

TEST_CASE(
    "A2: a dead letter is tried again by itself; it and those behind it take effect once, in "
    "order") {
  for (const bool model : {false, true})
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      CAPTURE(model);
      CAPTURE(seed);
      world w({.seed = seed, .shards = 1, .read_model = model});
      // Five failures make the letter, two tries of it fail. The store tries a refused unit twice.
      w.script->fail["a:1"] = model ? 15 : 7;
      w.start();
      for (int i = 0; i < 5; ++i) w.ask(emit, "a:" + std::to_string(i));
      REQUIRE(
          w.sim.run_until([&] { return w.dead_letters("dead") == 1; }, std::chrono::seconds(20)));
      CHECK(waiting(w) >= 1);
      w.beta->inject(storage::commit_fault::lose_reply);
      REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 5; }, std::chrono::seconds(120)));
      w.sim.advance(milliseconds(3000));
      CHECK(mirrored(w, "a") == 5);
      CHECK(w.beta_store.table("dead_letter").rows().empty());
      CHECK(waiting(w) == 0);
      if (!model) CHECK(w.script->applied == strings{"a:0", "a:1", "a:2", "a:3", "a:4"});
      w.ask(emit, "a:5");
      REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 6; }));
    }
}

TEST_CASE("A2: letters survive a fence and a restart of the readers, and are not doubled by it") {
  world w({.shards = 1});
  w.script->fail["a:0"] = 6;
  w.start();
  for (int i = 0; i < 3; ++i) w.ask(emit, "a:" + std::to_string(i));
  REQUIRE(w.sim.run_until([&] { return w.dead_letters("dead") == 1; }, std::chrono::seconds(20)));
  for (int i = 0; i < 3; ++i) {
    w.beta->fence_by_other();
    w.sim.advance(milliseconds(1500));
  }
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 3; }, std::chrono::seconds(120)));
  w.sim.advance(milliseconds(3000));
  CHECK(mirrored(w, "a") == 3);
  CHECK(w.beta_store.table("dead_letter").rows().empty());
}

TEST_CASE("a letter that is retried before the offset has passed it is not delivered once more") {
  for (const bool model : {false, true}) {
    CAPTURE(model);
    storage::memory_store alpha, beta;
    config::runtime_settings s;
    s.offset_ms = 5000;
    const auto open = [&](int failures) {
      auto w = std::make_unique<world>(world_options{.settings = s,
                                                     .shards = 1,
                                                     .read_model = model,
                                                     .alpha_store = &alpha,
                                                     .beta_store = &beta});
      w->script->fail["a:0"] = failures;
      w->start();
      return w;
    };
    auto w = open(-1);
    w->ask(emit, "a:0");
    REQUIRE(
        w->sim.run_until([&] { return w->dead_letters("dead") == 1; }, std::chrono::seconds(20)));
    w->script->fail.clear();
    CHECK_FALSE(operate(*w, [&](auto done) {
      w->node().retry_dead_letter("beta", {"alpha", 0, 1}, done);
    }));
    REQUIRE(w->sim.run_until([&] { return w->dead_letters("dead") == 0; }));
    w.reset();
    w = open(0);
    w->sim.advance(milliseconds(20'000));
    CHECK(mirrored(*w, "a") == 1);
  }
}

TEST_CASE("A2: while letters of its key wait, a settling call answers unavailable") {
  world w({.shards = 1});
  w.script->fail["a:0"] = -1;
  w.start();
  w.ask(emit, "a:0");
  REQUIRE(w.sim.run_until([&] { return w.dead_letters("dead") == 1; }, std::chrono::seconds(20)));
  auto r = w.ask(emit_settled, "a:1");
  CHECK(r->code() == errc::unavailable);
  CHECK(w.stored("a") == 2);  // stored all the same
  CHECK(w.ask(emit_settled, "b:0")->ok());
  w.script->fail.clear();
  CHECK_FALSE(operate(w, [&](auto done) {
    w.node().retry_dead_letter("beta", {"alpha", 0, 1}, done);
  }));
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "a") == 2; }));
  w.sim.advance(milliseconds(200));
  CHECK(w.ask(emit_settled, "a:2")->ok());
}

TEST_CASE("A2: a safety event does not wait behind other letters of its key, and is tried often") {
  world w({.shards = 1});
  w.script->fail["a:0"] = -1;
  w.script->fail["b:0"] = 25;
  w.start();
  w.ask(emit, "a:0");
  REQUIRE(w.sim.run_until([&] { return w.dead_letters("dead") == 1; }, std::chrono::seconds(20)));
  w.ask(emit_alarm, "a:1");
  REQUIRE(w.sim.run_until([&] { return w.script->applied == strings{"a:1"}; }));
  // Twenty failures more than make a letter: at most 30 s (and half of that) between two tries.
  w.ask(emit_alarm, "b:0");
  REQUIRE(w.sim.run_until([&] { return mirrored(w, "b") == 1; }, std::chrono::seconds(20 * 45)));
  bool said = false;
  for (const auto& line : w.log)
    said |= line.find("runtime.dead_letter") != std::string::npos &&
            line.find("safety=true") != std::string::npos;
  CHECK(said);
}

TEST_CASE("A2: letters are listed, and a discarded one lets those behind it go on") {
  world w({.shards = 1});
  w.script->fail["a:0"] = -1;
  w.start();
  for (int i = 0; i < 3; ++i) w.ask(emit, "a:" + std::to_string(i));
  REQUIRE(
      w.sim.run_until([&] { return w.dead_letters("waiting") == 2; }, std::chrono::seconds(20)));
  const auto letters = list(w);
  REQUIRE(letters.size() == 3);
  CHECK(letters[0].id.source == "alpha");
  CHECK(letters[0].id.seq == 1);
  CHECK(letters[0].status == "dead");
  CHECK(letters[0].reason == "refuses a:0");
  CHECK(letters[0].key == "a");
  CHECK(letters[0].attempts >= 5);
  CHECK(letters[2].status == "waiting");
  CHECK_FALSE(
      operate(w, [&](auto done) { w.node().discard_dead_letter("beta", letters[0].id, done); }));
  REQUIRE(w.sim.run_until([&] { return w.script->applied == strings{"a:1", "a:2"}; }));
  w.sim.advance(milliseconds(500));
  CHECK(list(w).empty());
  CHECK(operate(w, [&](auto done) { w.node().discard_dead_letter("beta", letters[0].id, done); }) ==
        errc::not_found);
  CHECK(operate(w, [&](auto done) { w.node().retry_dead_letter("beta", letters[0].id, done); }) ==
        errc::not_found);
  CHECK(operate(w, [&](auto done) { w.node().retry_dead_letter("nobody", letters[0].id, done); }) ==
        errc::not_found);
}

TEST_CASE(
    "A10: letters leave by themselves with the events of their age; those of safety events stay") {
  config::runtime_settings s;
  s.outbox_keep_s = s.outbox_unread_keep_s = 60;
  world w({.settings = s, .shards = 1});
  for (const char* text : {"a:0", "a:1", "b:0"}) w.script->fail[text] = -1;
  w.start();
  w.ask(emit, "a:0");
  w.ask(emit, "a:1");
  w.ask(emit_alarm, "b:0");
  REQUIRE(w.sim.run_until([&] { return waiting(w) == 3; }, std::chrono::seconds(20)));
  w.sim.advance(std::chrono::seconds(30));
  CHECK(list(w).size() == 3);
  const auto only_safety = [&] {
    const auto left = list(w);
    return left.size() == 1 && left[0].key == "b";
  };
  CHECK(w.sim.run_until([&] { return w.beta_store.table("dead_letter").rows().size() == 1; },
                        std::chrono::seconds(200)));
  CHECK(only_safety());
  w.ask(emit, "a:2");
  REQUIRE(w.sim.run_until([&] { return w.script->applied == strings{"a:2"}; },
                          std::chrono::seconds(60)));
  CHECK(w.sim.run_until([&] { return waiting(w) == 1; }, std::chrono::seconds(60)));
}

TEST_CASE("A15.8: an event that an older program does not know waits for one that knows it") {
  storage::memory_store alpha, beta;
  {
    world old({.shards = 1,
               .change_beta = [](runtime::domain& d) { d.intakes.pop_back(); },
               .alpha_store = &alpha,
               .beta_store = &beta,
               .knows_event = [](std::uint32_t event) { return event != alarmed().number; }});
    old.start();
    old.ask(emit, "a:0");
    old.ask(emit_alarm, "a:1");
    old.ask(emit, "a:2");
    REQUIRE(old.sim.run_until([&] { return old.script->applied == strings{"a:0", "a:2"}; }));
    old.sim.advance(milliseconds(500));
    CHECK(old.dead_letters("waiting") == 1);
    CHECK(old.node().event_lags().front().skipped == 1);
  }
  world next({.shards = 1, .alpha_store = &alpha, .beta_store = &beta});
  next.start();
  REQUIRE(next.sim.run_until([&] { return next.script->applied == strings{"a:1"}; }));
  next.sim.advance(milliseconds(500));
  CHECK(next.dead_letters("waiting") == 0);
}

TEST_CASE("A2: whatever fails and is fenced meanwhile, letters take effect exactly once") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    world w({.seed = seed, .shards = 2, .read_model = seed % 2 == 0});
    w.start();
    auto& random = w.sim.random();
    for (int round = 0; round < 30; ++round) {
      const auto key = std::string(1, static_cast<char>('a' + random.next() % 3));
      const auto text = key + ":" + std::to_string(round);
      if (random.next() % 5 == 0) w.script->fail[text] = 4 + static_cast<int>(random.next() % 5);
      w.call(random.next() % 4 == 0 ? emit_alarm : emit, text);
      switch (random.next() % 12) {
        case 0: w.beta->inject(storage::commit_fault::lose_reply); break;
        case 1: w.beta->inject(storage::commit_fault::fail); break;
        case 2: w.beta->fence_by_other(); break;
        default: break;
      }
      w.sim.advance(milliseconds(random.next() % 600));
    }
    auto settled = [&] {
      for (const char* key : {"a", "b", "c"})
        if (mirrored(w, key) != w.stored(key)) return false;
      return w.beta_store.table("dead_letter").rows().empty();
    };
    CHECK(w.sim.run_until(settled, std::chrono::seconds(600)));
    w.sim.advance(milliseconds(3000));
    CHECK(settled());
  }
}
