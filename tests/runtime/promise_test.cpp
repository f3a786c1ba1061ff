// What the runtime promises around a call: idempotency keys, reminders, restarts of its own actors,
// stopping, replaying.
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace nova;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

namespace {

rpc::call keyed(std::uint8_t account, const std::string& key) {
  auto c = from(account);
  c.idempotency_key = key;
  return c;
}

}  // namespace

TEST_CASE(
    "the same Idempotency-Key and body: the first answer; another body: refused; another account: "
    "its own") {
  world w;
  w.start();
  const auto first = w.ask(create, ":x", keyed(1, "k1"))->text_of();
  CHECK_FALSE(first.empty());
  CHECK(w.ask(create, ":x", keyed(1, "k1"))->text_of() == first);
  CHECK(w.ask(create, ":y", keyed(1, "k1"))->code() == errc::idempotency_key_reused);
  CHECK(w.ask(create, ":x", keyed(2, "k1"))->text_of() != first);
  CHECK(w.ask(create, ":x", keyed(1, "k2"))->text_of() != first);
  CHECK(w.ask(create, ":x", from(1))->text_of() != first);
}

TEST_CASE("the same key at once, on different shards: one of them decides, all get its answer") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    world w({.seed = seed});
    w.start();
    std::vector<reply_ptr> all;
    for (int i = 0; i < 8; ++i) all.push_back(w.call(create, ":x", keyed(1, "k")));
    for (auto& r : all) w.await(r);
    for (auto& r : all) CHECK(r->text_of() == all[0]->text_of());
    CHECK_FALSE(all[0]->text_of().empty());
    CHECK(w.alpha_store.table("counter").rows().size() == 1);
  }
}

TEST_CASE("stored answers cannot be read without the key and the body") {
  world w;
  w.start();
  const auto answer = w.ask(create, ":secret", keyed(1, "the-key"))->text_of();
  const auto& rows = w.alpha_store.table("idempotency").rows();
  REQUIRE(rows.size() == 1);
  for (const auto& cell : rows.begin()->second) {
    std::string seen;
    if (auto* s = std::get_if<std::string>(&cell)) seen = *s;
    if (auto* b = std::get_if<storage::bytes>(&cell)) seen = b->data;
    CHECK(seen.find(answer) == std::string::npos);
    CHECK(seen.find("secret") == std::string::npos);
    CHECK(seen.find("the-key") == std::string::npos);
  }
}

TEST_CASE("answers are forgotten after a day") {
  world w;
  w.start();
  w.ask(create, ":x", keyed(1, "k1"));
  w.sim.advance(milliseconds(0));
  CHECK(w.alpha_store.table("idempotency").rows().size() == 1);
  // The row is made old instead of letting a day of virtual time pass tick by tick.
  auto row = w.alpha_store.table("idempotency").rows().begin()->second;
  row.back() = storage::timestamp{w.sim.wall() - 25ll * 3'600'000};
  w.alpha_store.table("idempotency").put(row);
  w.sim.advance(std::chrono::minutes(11));
  CHECK(w.alpha_store.table("idempotency").rows().empty());
}

TEST_CASE("a reminder fires once when it is due, also on the next node") {
  storage::memory_store store;
  {
    world w({.beta = false, .alpha_store = &store});
    w.start();
    w.ask(remind, "a:3000");
    w.ask(remind, "b:20000");
    w.sim.advance(milliseconds(2500));
    CHECK(w.stored("a") == 0);
    w.sim.advance(milliseconds(1000));
    CHECK(w.stored("a") == 100);
    w.sim.advance(milliseconds(5000));
    CHECK(w.stored("a") == 100);
    CHECK(store.table("reminder").rows().size() == 1);
  }
  world w({.beta = false, .alpha_store = &store});
  w.start();
  w.sim.advance(milliseconds(25'000));
  CHECK(w.stored("b") == 100);
  CHECK(store.table("reminder").rows().empty());
}

TEST_CASE("setting a reminder again moves it") {
  world w;
  w.start();
  w.ask(remind, "a:1000");
  w.ask(remind, "a:5000");
  w.sim.advance(milliseconds(3000));
  CHECK(w.stored("a") == 0);
  w.sim.advance(milliseconds(3000));
  CHECK(w.stored("a") == 100);
}

TEST_CASE(
    "a recurring reminder comes at its times, each once, through a crash, until it is cancelled") {
  storage::memory_store store;
  {
    world w({.beta = false, .alpha_store = &store});
    w.start();
    w.ask(remind, "a:1000/1000");
    w.sim.advance(milliseconds(3500));
    CHECK(w.stored("a") == 300);
    w.alpha->inject(storage::commit_fault::lose_reply);
    w.sim.advance(milliseconds(1000));
    w.sim.advance(milliseconds(3000));
    CHECK(w.stored("a") >= 600);
    CHECK(store.table("reminder").rows().size() == 1);
  }
  const auto before = [&] {
    const auto* row = store.table("counter").find({std::string("a")});
    return std::get<std::int64_t>((*row)[1]);
  }();
  world w({.beta = false, .alpha_store = &store});
  w.sim.jump_wall(milliseconds(10'500));  // ten times passed without a node: they fall together
  w.start();
  w.sim.advance(milliseconds(2000));
  CHECK(w.stored("a") >= before + 200);
  CHECK(w.stored("a") <= before + 400);
  w.ask(remind, "a:never");
  const auto last = w.stored("a");
  w.sim.advance(milliseconds(5000));
  CHECK(w.stored("a") == last);
  CHECK(store.table("reminder").rows().empty());
}

TEST_CASE("of many reminders that are due together only so many are under way at once") {
  config::runtime_settings s;
  s.reminders_at_once = 4;
  s.reminder_page = 3;
  world w({.settings = s, .beta = false});
  w.start();
  constexpr int count = 40;
  for (int i = 0; i < count; ++i) w.ask(remind, "k" + std::to_string(i) + ":2000");
  w.sim.advance(milliseconds(900));
  w.alpha->hold_commits(true);
  w.sim.advance(milliseconds(1600));  // a renewal stands before them
  CHECK(w.alpha->waiting_units() == 4);
  w.alpha->hold_commits(false);
  const auto all = [&] {
    for (int i = 0; i < count; ++i)
      if (w.stored("k" + std::to_string(i)) != 100) return false;
    return true;
  };
  CHECK(w.sim.run_until(all, milliseconds(10'000)));
  w.sim.advance(milliseconds(2000));
  CHECK(all());
  CHECK(w.alpha_store.table("reminder").rows().empty());
}

TEST_CASE("a recurring reminder that throws is left out that time, and comes again") {
  world w;
  w.start();
  w.ask(remind, "badreminder:100/20000");
  w.sim.advance(milliseconds(8000));
  CHECK(w.alpha_store.table("reminder").rows().size() == 1);
}

TEST_CASE("a reminder that always throws is given up after three times and said so") {
  world w;
  w.start();
  w.ask(remind, "badreminder:100");
  w.sim.advance(milliseconds(8000));
  CHECK(w.alpha_store.table("reminder").rows().empty());
  bool said = false;
  for (const auto& line : w.log)
    said |= line.find("event=runtime.reminder_given_up") != std::string::npos;
  CHECK(said);
  CHECK(w.ask(remind, "a:100")->ok());
  w.sim.advance(milliseconds(500));
  CHECK(w.stored("a") == 100);
}

TEST_CASE(
    "a shard's actor that crashes is restarted: commits under way count, callers are answered, the "
    "rest goes on") {
  world w({.shards = 1});
  w.start();
  w.ask(add, "b:1");
  w.ask(get, "a");
  w.alpha->hold_commits(true);
  auto behind = w.call(add, "b:1");
  w.sim.advance(milliseconds(20));
  w.fall = 1;
  auto killer = w.call(emit, "a:0");
  w.sim.advance(milliseconds(20));
  w.alpha->hold_commits(false);
  w.await(killer);
  w.await(behind);
  CHECK(killer->times == 1);
  CHECK(behind->times == 1);
  REQUIRE(w.sim.run_until([&] { return w.ask(get, "b")->ok(); }));
  CHECK(w.ask(get, "b")->text_of() == "2");
  CHECK(w.ask(get, "a")->text_of() == "1");
  CHECK(w.metric(metric::nova_actor_restarts_total, "supervisor:alpha") == 1);
  bool reported = false;
  for (const auto& line : w.log)
    reported |= line.find("cannot be weighed") != std::string::npos &&
                line.find("emit") != std::string::npos;
  CHECK(reported);
  // The event reached the other domain all the same.
  REQUIRE(w.sim.run_until([&] { return w.script->applied.size() == 1; }));
}

TEST_CASE("A15.7: reminders of a kind that this program does not know stay, the others fire") {
  world w({.shards = 1});
  for (int i = 0; i < 200; ++i)
    w.alpha_store.table("reminder")
        .put({std::int64_t{0}, std::string("newer"), std::to_string(i), std::string("later"),
              storage::timestamp{1}});
  w.start();
  w.ask(remind, "a:100");
  w.sim.advance(milliseconds(3000));
  CHECK(w.stored("a") == 100);
  CHECK(w.alpha_store.table("reminder").rows().size() == 200);
  CHECK(w.metric(metric::nova_actor_restarts_total, "supervisor:alpha") == 0);
}

TEST_CASE("a domain serves when its warm-up is done, and tries again when it fails") {
  int tries = 0;
  world w({.beta = false, .change_alpha = [&tries](runtime::domain& d) {
             d.warm_up =
                 [&tries](const runtime::context&,
                          const runtime::reads& r) -> std::variant<runtime::need, std::monostate> {
               if (++tries == 1) throw std::runtime_error("not yet");
               if (r.size() == 0)
                 return runtime::need{{runtime::job{"warm", []() -> std::any { return 7; }}}};
               CHECK(r.job<int>(0) == 7);
               return std::monostate{};
             };
           }});
  w.node().start();
  w.sim.advance(milliseconds(500));
  CHECK(w.ask(get, "a")->code() == errc::unavailable);
  REQUIRE(w.sim.run_until([&] { return w.node().ready(); }));
  CHECK(tries == 3);
  CHECK(w.ask(get, "a")->ok());
}

TEST_CASE("stopping: accepted calls are answered, new ones are refused") {
  auto w = std::make_unique<world>();
  w->start();
  std::vector<reply_ptr> all;
  for (int i = 0; i < 10; ++i) all.push_back(w->call(add, "a:1"));
  CHECK(w->node().stop(std::chrono::seconds(5)));
  for (auto& r : all) CHECK(r->ok());
  CHECK(w->stored("a") == 10);
  CHECK(w->call(get, "a")->code() == errc::unavailable);
  CHECK_FALSE(w->node().ready());
}

namespace {

struct run_record {
  std::uint64_t trace = 0;
  std::vector<std::string> answers;
  bool operator==(const run_record&) const = default;
};

run_record play(std::uint64_t seed) {
  config::runtime_settings s;
  s.max_entities = 4;
  world w({.seed = seed, .settings = s});
  w.script->fail["k1:3"] = 2;
  w.start();
  std::vector<reply_ptr> all;
  for (int round = 0; round < 12; ++round) {
    for (int k = 0; k < 6; ++k) {
      const auto key = "k" + std::to_string(k) + ":" + std::to_string(round);
      all.push_back(w.call(k % 2 == 0 ? add : emit, key));
    }
    if (round == 4) w.alpha->inject(storage::commit_fault::lose_reply);
    if (round == 6) all.push_back(w.call(blow_up, "k2:x"));
    if (round == 8) w.alpha->fence_by_other();
    for (auto n = w.sim.random().next() % 60; n > 0; --n) w.sim.step();
  }
  w.sim.advance(milliseconds(6000));
  run_record r;
  r.trace = w.sim.trace();
  for (auto& x : all)
    r.answers.push_back(
        x->got ? x->ok() ? x->text_of() : std::to_string(static_cast<int>(x->code())) : "none");
  return r;
}

}  // namespace

TEST_CASE("a seed replays to the same trace and the same answers; another seed takes another way") {
  const auto first = play(42);
  CHECK(play(42) == first);
  CHECK(play(43).trace != first.trace);
  for (const auto& a : first.answers) CHECK(a != "none");
}

TEST_CASE("whatever the seed: what was answered is stored, nothing is stored twice") {
  for (std::uint64_t seed = 100; seed < 140; ++seed) {
    CAPTURE(seed);
    world w({.seed = seed, .shards = 2});
    w.start();
    std::vector<reply_ptr> all;
    for (int round = 0; round < 30; ++round) {
      all.push_back(w.call(add, "a:1"));
      if (round % 7 == 3) w.call(take_name, "a:" + std::to_string(round % 2));
      if (round % 11 == 5)
        w.alpha->inject(round % 2 == 0 ? storage::commit_fault::lose_before
                                       : storage::commit_fault::lose_reply);
      for (auto n = w.sim.random().next() % 30; n > 0; --n) w.sim.step();
    }
    w.sim.advance(milliseconds(500));
    std::int64_t last = 0, ok = 0;
    for (auto& r : all) {
      CHECK(r->times == 1);
      if (!r->ok()) {
        CHECK(r->code() == errc::unavailable);  // while the connection was lost
        continue;
      }
      ++ok;
      const auto sum = std::stoll(r->text_of());
      CHECK(sum > last);
      last = sum;
    }
    CHECK(ok >= 20);
    CHECK(w.stored("a") >= ok);
    CHECK(w.stored("a") == std::stoll(w.ask(get, "a")->text_of()));
  }
}
