// The commit lane against a real server: what it writes, in which order, and what a refusal does to its neighbours.
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"

#include "storage/runtime/runtime_queries.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;

TEST_CASE("a unit is committed with its events and can be read") {
  auto made = postgres_fixture::instance().fresh({{"sample", sample_migrations()}});
  open_handle db(postgres_fixture::instance().io(), made.options());
  auto shards = claim(*db, 4);
  REQUIRE_MESSAGE(shards.has_value(), shards.error().detail);
  CHECK(shards->size() == 4);
  auto out = commit(*db, {.activation = 1, .shard = 2, .statements = {note(1, 1), {&put_counter, {"a", std::int64_t{7}}}}, .events = {{5, "k", "p"}, {6, "k", "q"}}, .done = {}});
  CHECK(out.status == commit_status::committed);
  CHECK(out.first_event == 1);
  auto value = read(*db, {&read_counter, {"a"}});
  REQUIRE_MESSAGE(value.has_value(), value.error().detail);
  CHECK(value->int8(0, 0) == 7);
  auto events = read(*db, {&runtime_queries::outbox_page, {std::int64_t{2}, std::int64_t{0}, std::int64_t{10}}});
  REQUIRE_MESSAGE(events.has_value(), events.error().detail);
  REQUIRE(events->size() == 2);
  CHECK(events->int8(1, 0) == 2);
  CHECK(events->blob(1, 3) == "q");
  CHECK(db->lane().accepting());
}
