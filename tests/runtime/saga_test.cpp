// The moves of a saga: in order, turned around by a failure, stuck when overdue, each answer once.
#include "actors/runtime/sagas/saga.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::runtime;

namespace {

std::vector<std::string> told;

template <char Step, bool Back = false>
std::vector<event> tell(const saga_row&) {
  told.push_back(std::string(Back ? "undo " : "do ") + Step);
  return {event{}};
}

saga_definition three_steps() {
  using std::chrono::seconds;
  return {"trip",
          {{"a", "one", seconds(10), "first", tell<'a'>, tell<'a', true>},
           {"b", "two", seconds(10), "cannot be taken back", tell<'b'>},
           {"c", "three", seconds(10), "last", tell<'c'>}}};
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("steps follow each other, and an answer counts once") {
  told.clear();
  const auto d = three_steps();
  auto m = begin(d, {"id", "key"}, 1000);
  CHECK(m.next.phase == saga_phase::running);
  CHECK(m.remind_at == 11'000);
  CHECK(m.events.size() == 1);
  CHECK_FALSE(answered(d, m.next, "b", true, 1100));
  m = *answered(d, m.next, "a", true, 1200);
  CHECK_FALSE(answered(d, m.next, "a", true, 1300));
  m = *answered(d, m.next, "b", true, 1400);
  m = *answered(d, m.next, "c", true, 1500);
  CHECK(m.next.phase == saga_phase::done);
  CHECK(m.next.step_at == 1500);
  CHECK_FALSE(m.remind_at);
  CHECK(m.events.empty());
  CHECK_FALSE(answered(d, m.next, "c", true, 1600));
  CHECK(told == strings{"do a", "do b", "do c"});
}

TEST_CASE("a failed step takes back the steps before it that can be, the last one first") {
  told.clear();
  const auto d = three_steps();
  auto m = begin(d, {"id", "key"}, 0);
  m = *answered(d, m.next, "a", true, 1);
  m = *answered(d, m.next, "b", true, 2);
  m = *answered(d, m.next, "c", false, 3);
  CHECK(m.next.phase == saga_phase::compensating);
  CHECK_FALSE(answered(d, m.next, "b", true, 4));
  auto stuck = *answered(d, m.next, "a", false, 5);
  CHECK(stuck.next.phase == saga_phase::stuck);
  m = *answered(d, m.next, "a", true, 5);
  CHECK(m.next.phase == saga_phase::undone);
  CHECK(told == strings{"do a", "do b", "do c", "undo a"});
}

TEST_CASE("an overdue step makes the saga stuck; it is ordered again, and a late answer moves on") {
  told.clear();
  const auto d = three_steps();
  auto m = begin(d, {"id", "key"}, 0);
  CHECK(overdue(d, m.next, 9'999).next.phase == saga_phase::running);
  CHECK(overdue(d, m.next, 9'999).remind_at == 10'000);
  m = overdue(d, m.next, 10'000);
  CHECK(m.next.phase == saga_phase::stuck);
  CHECK(answered(d, m.next, "a", true, 20'000)->next.step == 1);
  m = again(d, m.next, 30'000);
  CHECK(m.next.phase == saga_phase::running);
  CHECK(m.remind_at == 40'000);
  CHECK(told == strings{"do a", "do b", "do a"});
}

TEST_CASE("an operator takes a saga back from the step under way on, once") {
  told.clear();
  const auto d = three_steps();
  CHECK_FALSE(taken_back(d, {"id", "key"}, 0));  // it has not begun
  auto m = begin(d, {"id", "key"}, 0);
  m = *answered(d, m.next, "a", true, 1);
  m = *taken_back(d, m.next, 2);
  CHECK(m.next.phase == saga_phase::compensating);
  CHECK_FALSE(taken_back(d, m.next, 3));
  m = *answered(d, m.next, "a", true, 4);
  CHECK(m.next.phase == saga_phase::undone);
  CHECK_FALSE(taken_back(d, m.next, 5));
  CHECK(told == strings{"do a", "do b", "undo a"});
  const saga_definition fixed{"fixed", {{"b", "two", std::chrono::seconds(10), "", tell<'b'>}}};
  CHECK_FALSE(taken_back(fixed, begin(fixed, {"id", "key"}, 0).next, 1));
}
