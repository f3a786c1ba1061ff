// How units become the steps of one transaction, without a database.
#include "storage/database/batch.hpp"
#include "tests/storage/sample_schema.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;

namespace {

std::vector<pending_unit> units(std::vector<std::vector<statement>> list) {
  std::vector<pending_unit> out;
  for (auto& statements : list) {
    pending_unit p;
    p.unit.statements = std::move(statements);
    out.push_back(std::move(p));
  }
  return out;
}

statement put(std::string name, std::int64_t value) {
  return {&put_counter, {std::move(name), value}};
}

}  // namespace

TEST_CASE("merged statements are collected and run by rank") {
  auto u = units({{put("a", 1), note(1, 1)}, {note(1, 2)}, {put("b", 2)}});
  auto steps = plan_batch(u);
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].what == &insert_note);
  CHECK(steps[0].rows.size() == 2);
  CHECK(steps[1].what == &put_counter);
  CHECK(steps[1].rows.size() == 2);
  CHECK(steps[1].unit == -1);
}

TEST_CASE("a statement in its place flushes what was collected before it") {
  auto u = units(
      {{put("a", 1)}, {{&add_counter, {"a", std::int64_t{1}}, 1}}, {put("a", 5), note(1, 1)}});
  auto steps = plan_batch(u);
  REQUIRE(steps.size() == 4);
  CHECK(steps[0].what == &put_counter);
  CHECK(steps[1].what == &add_counter);
  CHECK(steps[1].unit == 1);
  CHECK(steps[1].expect_rows == 1);
  CHECK(steps[2].what == &insert_note);
  CHECK(steps[3].what == &put_counter);
}

TEST_CASE("of executions with one key only the last stays, and none is mistaken for another") {
  auto u = units({{put("a", 1), put("b", 2)}, {put("a", 3)}, {put("", 4), put("a\0b", 5)}});
  auto steps = plan_batch(u);
  REQUIRE(steps.size() == 1);
  std::vector<std::int64_t> values;
  for (const auto* s : steps[0].rows) values.push_back(std::get<std::int64_t>(s->params[1]));
  CHECK(values == std::vector<std::int64_t>{2, 4, 5});
}

TEST_CASE("events are numbered per shard and the counters only advance in the copy") {
  std::vector<pending_unit> u(3);
  u[0].unit.events = {{1, "k", "p"}, {1, "k", "p"}};
  u[1].unit.shard = 1;
  u[1].unit.events = {{1, "k", "p"}};
  u[2].unit.events = {{1, "k", "p"}};
  shard_counters owned{{0, 10}, {1, 0}}, counters = owned;
  number_events(u, counters);
  CHECK(u[0].first_event == 11);
  CHECK(u[1].first_event == 1);
  CHECK(u[2].first_event == 13);
  CHECK(counters[0] == 13);
  CHECK(owned[0] == 10);
}

TEST_CASE("what can never be written is named") {
  shard_counters owned{{0, 0}};
  auto defect = [&](commit_unit u) { return unit_defect(u, owned, 10'000); };
  commit_unit good;
  good.statements = {note(1, 1), put("a", 1)};
  good.events = {{1, "k", "p"}};
  CHECK(defect(good).empty());
  auto foreign = good;
  foreign.shard = 3;
  CHECK(defect(foreign) == "shard not owned");
  auto mixed = good;
  mixed.statements[1].params[1] = std::string("text");
  CHECK(defect(mixed) == "sample.put_counter: parameter 2 is not of bigint[]");
  auto few = good;
  few.statements[1].params.pop_back();
  CHECK(defect(few).find("differ in number") != std::string::npos);
  auto expecting = good;
  expecting.statements[1].expect_rows = 1;
  CHECK(defect(expecting).find("expect_rows") != std::string::npos);
  auto large = good;
  large.statements[0] = note(1, 1, std::string(20'000, 'x'));
  CHECK(defect(large) == "larger than max_unit_bytes");
}
