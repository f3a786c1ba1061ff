// The scheduler and its settings, on real threads: no actor starves beside chatty ones, no wake-up
// is lost, none is given for nothing; node ids differ although machine and process are the same; the
// CPU quota is read.
#include "actors/runtime/kernel/actor_config.hpp"
#include "actors/runtime/kernel/job_pool.hpp"

#include <doctest/doctest.h>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/node_id.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <future>
#include <thread>
#include <utility>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<std::promise<void>>)

using namespace nova::runtime;
using std::chrono::milliseconds;

namespace {

using ping_atom = caf::atom_constant<caf::atom("ping")>;
using meet_atom = caf::atom_constant<caf::atom("meet")>;

caf::behavior chatter(caf::event_based_actor* self) {
  return {
      [self](meet_atom, const caf::actor& other) {
        self->send(other, ping_atom::value, caf::actor_cast<caf::actor>(self));
      },
      [self](ping_atom, const caf::actor& other) {
        self->send(other, ping_atom::value, caf::actor_cast<caf::actor>(self));
      },
  };
}

}  // namespace

TEST_CASE("a ninth actor is served while four pairs talk without end") {
  actor_config config(2, false);
  caf::actor_system system(config);
  std::vector<caf::actor> crowd;
  for (int i = 0; i < 8; ++i) crowd.push_back(system.spawn(chatter));
  for (int i = 0; i < 8; i += 2) caf::anon_send(crowd[i], meet_atom::value, crowd[i + 1]);
  auto quiet = system.spawn(
      [](caf::event_based_actor*) -> caf::behavior { return {[](std::int64_t x) { return x; }}; });
  {
    caf::scoped_actor self(system);
    int answered = 0;
    for (std::int64_t i = 0; i < 40; ++i)
      self->request(quiet, milliseconds(1000), i)
          .receive([&](std::int64_t) { ++answered; }, [](const caf::error&) {});
    CHECK(answered == 40);
  }
  for (auto& a : crowd) caf::anon_send_exit(a, caf::exit_reason::kill);
  caf::anon_send_exit(quiet, caf::exit_reason::kill);
}

TEST_CASE("two that talk alone stay on one thread; nobody else is woken for them") {
  actor_config config(2, false);
  caf::actor_system system(config);
  constexpr int turns = 20'000;
  struct talk {
    std::thread::id on;
    int turns = 0, switches = 0;
    std::promise<void> over;
  } t;
  auto speak = [&t](caf::event_based_actor* self, const caf::actor& other) {
    if (std::exchange(t.on, std::this_thread::get_id()) != std::this_thread::get_id()) ++t.switches;
    if (++t.turns == turns) return t.over.set_value();
    self->send(other, ping_atom::value, caf::actor_cast<caf::actor>(self));
  };
  auto talker = [speak](caf::event_based_actor* self) -> caf::behavior {
    return {[=](ping_atom, const caf::actor& other) { speak(self, other); }};
  };
  auto one = system.spawn(talker), other = system.spawn(talker);
  caf::anon_send(one, ping_atom::value, other);
  t.over.get_future().wait();
  CHECK(t.switches < turns / 100);
  for (auto& a : {one, other}) caf::anon_send_exit(a, caf::exit_reason::kill);
}

TEST_CASE("what two threads can do at a time is done by two") {
  actor_config config(2, false);
  caf::actor_system system(config);
  static constexpr auto patience = std::chrono::seconds(20);
  // Each says that it runs, and waits until the other one does.
  struct meeting {
    std::promise<void> here[2];
    std::shared_future<void> there[2]{here[0].get_future().share(), here[1].get_future().share()};
  };
  auto guest = [](caf::event_based_actor*, meeting* m, std::promise<bool>* met,
                  int n) -> caf::behavior {
    return {[=](ping_atom) {
      m->here[n].set_value();
      met->set_value(m->there[1 - n].wait_for(patience) == std::future_status::ready);
    }};
  };
  auto round = [&](bool from_inside) {
    meeting m;
    std::promise<bool> met[2];
    caf::actor guests[] = {system.spawn(guest, &m, &met[0], 0),
                           system.spawn(guest, &m, &met[1], 1)};
    auto host = system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      return {[&, self](ping_atom) {
        for (auto& g : guests) self->send(g, ping_atom::value);
      }};
    });
    if (from_inside) caf::anon_send(host, ping_atom::value);
    else
      for (auto& g : guests) caf::anon_send(g, ping_atom::value);
    for (auto& x : met) CHECK(x.get_future().get());
    for (auto& a : {guests[0], guests[1], host}) caf::anon_send_exit(a, caf::exit_reason::kill);
  };
  for (int i = 0; i < 200; ++i) round(i % 2 == 0);
}

TEST_CASE("an actor that stays busy holds up one other at most, until anything else happens") {
  actor_config config(2, false);
  caf::actor_system system(config);
  std::promise<void> ran;
  std::promise<bool> waited;
  caf::actor second = system.spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](ping_atom) { ran.set_value(); }};
  });
  caf::actor third =
      system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](ping_atom) {}}; });
  auto busy = system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](ping_atom) {
      self->send(second, ping_atom::value);
      self->send(third, ping_atom::value);
      waited.set_value(ran.get_future().wait_for(std::chrono::seconds(20)) ==
                       std::future_status::ready);
    }};
  });
  caf::anon_send(busy, ping_atom::value);
  CHECK(waited.get_future().get());
  for (auto& a : {busy, second, third}) caf::anon_send_exit(a, caf::exit_reason::kill);
}

TEST_CASE("no wake-up is lost: what comes from outside while all threads fall asleep is done") {
  actor_config config(3, false);
  caf::actor_system system(config);
  constexpr int callers = 2, calls = 4'000, longest = 6;
  // Each passes a call on to the next of its row; the last one answers.
  using answer = std::shared_ptr<std::promise<void>>;
  auto relay = [](caf::event_based_actor* self, caf::actor next) -> caf::behavior {
    return {[=](int hops, const answer& to) {
      if (hops == 0) return to->set_value();
      self->send(next, hops - 1, to);
    }};
  };
  std::atomic<int> late{0};
  std::vector<std::thread> threads;
  for (int c = 0; c < callers; ++c)
    threads.emplace_back([&] {
      std::vector<caf::actor> row{system.spawn(relay, caf::actor())};
      while (row.size() <= longest) row.push_back(system.spawn(relay, row.back()));
      for (int i = 0; i < calls && late == 0; ++i) {
        const int hops = i % longest;
        auto done = std::make_shared<std::promise<void>>();
        auto answered = done->get_future();
        caf::anon_send(row.back(), hops, done);
        if (answered.wait_for(std::chrono::seconds(20)) != std::future_status::ready) ++late;
      }
      for (auto& a : row) caf::anon_send_exit(a, caf::exit_reason::kill);
    });
  for (auto& t : threads) t.join();
  CHECK(late == 0);
}

TEST_CASE("each start has a node id of its own, although machine and process are the same") {
  actor_config config(2, true);
  auto id = [&] { return caf::to_string(caf::node_id::default_data::local(config)); };
  const auto first = id(), second = id();
  REQUIRE(first.size() > 38);
  // The last byte before the process number is a counter of CAF's own; what stands before it must
  // differ as well.
  CHECK(first.substr(0, 36) != second.substr(0, 36));
}

TEST_CASE("the CPU quota of the cgroup counts, rounded up") {
  CHECK(quota_of("200000 100000") == 2);
  CHECK(quota_of("150000 100000") == 2);
  CHECK(quota_of("max 100000") == 0);
  CHECK(quota_of("") == 0);
  CHECK(quota_of("100000") == 0);
  CHECK(quota_of("100000 0") == 0);
  CHECK(scheduler_threads(0) >= 2);
  CHECK(scheduler_threads(7) == 7);
}

TEST_CASE("a full job pool refuses at once; a thrown job and a late one are errors") {
  std::promise<void> gate;
  auto open = gate.get_future().share();
  job_pool pool(1, 2, 500);
  const auto later = std::chrono::steady_clock::now() + std::chrono::hours(1);
  std::atomic<int> done{0};
  std::promise<void> started;
  auto count = [&](job_result r) { done += r.failed ? 100 : 1; };
  CHECK(pool.submit(
      "gate",
      [&]() -> std::any {
        started.set_value();
        open.wait();
        return 1;
      },
      later, count));
  started.get_future().wait();
  CHECK(pool.submit(
      "ok", []() -> std::any { return 1; }, later, count));
  std::promise<job_result> late;
  CHECK(pool.submit(
      "late", []() -> std::any { return 1; }, std::chrono::steady_clock::now() - milliseconds(1),
      [&](job_result r) { late.set_value(std::move(r)); }));
  CHECK_FALSE(pool.submit(
      "one too many", []() -> std::any { return 1; }, later, count));
  gate.set_value();
  auto answer = late.get_future().get();
  REQUIRE(answer.failed);
  CHECK(answer.failed->code == nova::errc::overloaded);
  CHECK(answer.failed->retry_after_ms == 500);
  std::promise<job_result> thrown;
  CHECK(pool.submit(
      "thrown", []() -> std::any { throw std::runtime_error("no"); }, later,
      [&](job_result r) { thrown.set_value(std::move(r)); }));
  CHECK(thrown.get_future().get().failed->code == nova::errc::internal);
  CHECK(done == 2);
}
