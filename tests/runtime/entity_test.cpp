// Entities under the deterministic driver: decide, commit, reply; needs; failures of handlers and
// of commits.
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

TEST_CASE("a command is answered after its commit and survives a new node on the same store") {
  storage::memory_store store;
  {
    world w({.alpha_store = &store});
    w.start();
    w.alpha->hold_commits(true);
    auto r = w.call(add, "a:5");
    w.sim.advance(milliseconds(50));
    CHECK_FALSE(r->got);
    w.alpha->hold_commits(false);
    w.await(r);
    CHECK(r->text_of() == "5");
    CHECK(w.stored("a") == 5);
    CHECK(w.ask(get, "a")->text_of() == "5");
  }
  world w({.alpha_store = &store});
  w.start();
  CHECK(w.ask(get, "a")->text_of() == "5");
}

TEST_CASE("commands of one entity are decided without waiting for commits and answered in order") {
  world w;
  w.start();
  w.ask(add, "a:0");
  w.alpha->hold_commits(true);
  std::vector<reply_ptr> replies;
  for (int i = 0; i < 10; ++i) replies.push_back(w.call(add, "a:1"));
  auto read = w.call(get, "a");
  w.sim.advance(milliseconds(50));
  CHECK(w.handler_calls >= 12);
  CHECK_FALSE(read->got);  // it saw what is not on disk yet
  const auto before = w.alpha->batches();
  w.alpha->hold_commits(false);
  w.await(read);
  CHECK(read->text_of() == "10");
  for (int i = 0; i < 10; ++i) CHECK(replies[i]->text_of() == std::to_string(i + 1));
  CHECK(w.alpha->batches() <= before + 3);
}

TEST_CASE("a command that needs a job stalls its entity, a query that reads does not") {
  world w;
  w.start();
  auto rest_first = w.call(rest, "a:200");
  auto then = w.call(add, "a:1");
  auto other = w.call(add, "b:1");
  w.sim.advance(milliseconds(100));
  CHECK_FALSE(then->got);
  CHECK(other->ok());
  w.await(then);
  CHECK(rest_first->text_of() == "rested");
  auto read = w.call(peek, "a");
  auto write = w.call(add, "a:1");
  w.await(read);
  w.await(write);
  CHECK(write->text_of() == "2");
  CHECK(w.ask(hash, "a:7")->text_of() == "72");
}

TEST_CASE(
    "S1: a command that waits for foreign facts lets others overtake, and decides on the state of "
    "then") {
  world w;
  w.start();
  auto parked = w.call(rest, "a:200!");
  for (int i = 0; i < 5; ++i) {
    const auto since = w.sim.now();
    CHECK(w.ask(add, "a:1")->ok());
    CHECK(w.sim.now() - since < milliseconds(20));
  }
  CHECK_FALSE(parked->got);
  w.await(parked);
  CHECK(parked->text_of() == "rested");
  CHECK(w.ask(add, "a:1")->text_of() == "6");
}

TEST_CASE("an entity asks another of its domain") {
  world w;
  w.start();
  CHECK(w.ask(ask_other, "a:b")->text_of() == "1");
  CHECK(w.ask(get, "b")->text_of() == "1");
}

TEST_CASE("a handler that throws: internal, the entity starts again from the store") {
  world w;
  w.start();
  w.ask(add, "a:3");
  const auto loads = w.loads;
  CHECK(w.ask(blow_up, "a:x")->code() == errc::internal);
  CHECK(w.ask(get, "a")->text_of() == "3");
  CHECK(w.loads == loads + 1);
  CHECK(w.metric(metric::nova_actor_crashes_total, "entity:alpha.counter") == 1);
  bool reported = false;
  for (const auto& line : w.log)
    reported |= line.find("blow_up") != std::string::npos && line.find("boom") != std::string::npos;
  CHECK(reported);
}

TEST_CASE("the same message that killed three times is refused without being tried") {
  world w;
  w.start();
  for (int i = 0; i < 3; ++i) CHECK(w.ask(blow_up, "a:x")->code() == errc::internal);
  const auto calls = w.handler_calls;
  CHECK(w.ask(blow_up, "a:x")->code() == errc::internal);
  CHECK(w.handler_calls == calls);
  CHECK(w.ask(blow_up, "a:y")->code() == errc::internal);
  CHECK(w.handler_calls == calls + 1);
  CHECK(w.ask(add, "a:1")->text_of() == "1");
}

TEST_CASE("an exception with decisions under way: they are committed and answered first") {
  world w;
  w.start();
  w.ask(add, "a:0");
  w.alpha->hold_commits(true);
  auto first = w.call(add, "a:1");
  auto bad = w.call(blow_up, "a:x");
  auto later = w.call(add, "a:1");
  w.sim.advance(milliseconds(20));
  CHECK(bad->code() == errc::internal);
  CHECK_FALSE(later->got);
  w.alpha->hold_commits(false);
  w.await(later);
  CHECK(first->text_of() == "1");
  CHECK(later->text_of() == "2");
}

TEST_CASE("an apply that throws: the commit counts, memory is loaded anew") {
  world w;
  w.start();
  CHECK(w.ask(bad_apply, "a")->text_of() == "1");
  CHECK(w.ask(get, "a")->text_of() == "1");
}

TEST_CASE("an entity that cannot be loaded answers internal to all who wait") {
  world w;
  w.start();
  auto a = w.call(get, "unloadable");
  auto b = w.call(add, "unloadable:1");
  w.await(a);
  w.await(b);
  CHECK(a->code() == errc::internal);
  CHECK(b->code() == errc::internal);
  CHECK(w.ask(get, "a")->ok());
}

TEST_CASE("a unique index refuses: decided again with attempt 1, those behind it follow") {
  world w;
  w.start();
  CHECK(w.ask(take_name, "a:nova")->text_of() == "1");
  auto loser = w.call(take_name, "b:nova");
  auto behind = w.call(add, "b:1");
  auto read = w.call(get, "b");
  w.await(read);
  CHECK(loser->text_of() == "taken");
  CHECK(behind->text_of() == "1");
  CHECK(read->text_of() == "1");
  CHECK(w.stored("b") == 1);
  CHECK(w.metric(metric::nova_actor_conflicts_total, "entity:alpha.counter") == 1);
}

TEST_CASE("a refused statement: its caller gets internal, those behind it are decided again") {
  world w;
  w.start();
  auto bad = w.call(reject, "a");
  auto behind = w.call(add, "a:1");
  w.await(behind);
  CHECK(bad->code() == errc::internal);
  CHECK(behind->text_of() == "1");
  CHECK(w.stored("a") == 1);
}

TEST_CASE("a refusal is answered after it was committed") {
  world w;
  w.start();
  CHECK(w.ask(forbid, "a")->code() == errc::forbidden);
  CHECK(w.stored("a") == 1);
}

TEST_CASE("a lost reply of a commit is not a lost command and not a doubled one") {
  world w;
  w.start();
  w.alpha->inject(storage::commit_fault::lose_reply);
  CHECK(w.ask(add, "a:1")->text_of() == "1");
  w.alpha->inject(storage::commit_fault::lose_before);
  CHECK(w.ask(add, "a:1")->text_of() == "2");
  CHECK(w.stored("a") == 2);
}

TEST_CASE(
    "the database stops answering: a retryable error within a second, also behind a read or a "
    "load") {
  world w;
  w.start();
  w.ask(add, "a:5");
  w.alpha->set_silent(true);
  auto reading = w.call(peek, "a");
  auto loading = w.call(add, "b:1");
  auto behind = w.call(get, "b");
  w.sim.advance(milliseconds(1000));
  CHECK(reading->code() == errc::unavailable);
  CHECK(loading->code() == errc::unavailable);
  CHECK(behind->code() == errc::unavailable);
  w.alpha->set_silent(false);
  CHECK(w.ask(peek, "a")->text_of() == "5/5");
  CHECK(w.ask(add, "b:1")->text_of() == "1");
  CHECK(reading->times == 1);
}

TEST_CASE("the database goes away: a retryable error within a second, the decision is not lost") {
  world w;
  w.start();
  w.ask(add, "a:0");
  w.alpha->hold_commits(true);
  auto r = w.call(add, "a:1");
  auto behind = w.call(get, "a");
  w.sim.advance(milliseconds(30));
  w.alpha->set_away(true);
  CHECK(w.ask(add, "b:1")->code() == errc::unavailable);
  w.sim.advance(milliseconds(1000));
  CHECK(r->code() == errc::unavailable);
  CHECK(behind->code() == errc::unavailable);
  w.alpha->set_away(false);
  w.alpha->hold_commits(false);
  REQUIRE(w.sim.run_until([&] { return w.stored("a") == 1; }));
  CHECK(w.ask(add, "a:1")->text_of() == "2");
  CHECK(r->times == 1);
}
