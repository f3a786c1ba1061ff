// The scheduler's settings that must never be changed back, on real threads: no actor starves
// beside chatty ones; node ids differ although machine and process are the same; the CPU quota is
// read.
#include "actors/runtime/actor_config.hpp"
#include "actors/runtime/job_pool.hpp"

#include <doctest/doctest.h>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/node_id.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <future>

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
