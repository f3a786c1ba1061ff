// Reads: every type both ways, isolation of failures, limits, and the pool when the server goes away.
#include "storage/postgres/conninfo.hpp"
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;
using namespace std::chrono_literals;

namespace {

const query types{
    "test.types",
    "SELECT $1::boolean, $2::bigint, $3::float8, $4::text, $5::uuid, $6::bytea, $7::timestamptz, "
    "$8::uuid[], $9::bigint[], $10::text[], NULL::text, 7::smallint, 8::integer, ARRAY[true, "
    "false], "
    "$2::bigint::smallint"};
const query wrong{"test.wrong", "SELECT * FROM absent_table"};
const query maybe_null{"test.maybe_null", "SELECT coalesce($1, 'none')"};
const query slow{"test.slow", "SELECT 1::bigint FROM pg_sleep($1)"};
const query writes{"test.writes", "INSERT INTO counter VALUES ('x', 1)"};
const query one{"test.one", "SELECT $1"};
const query quick{"test.quick", "SELECT $1"};
/// (account, seconds)
const query list{.name = "test.list",
                 .sql = "SELECT $1::text FROM pg_sleep($2)",
                 .read = {.slow = true, .account_param = 0}};
const query undeclared{"test.undeclared", "SELECT 1::bigint FROM pg_sleep($1)"};
const query limited{.name = "test.limited",
                    .sql = "SELECT 1::bigint FROM pg_sleep($1)",
                    .read = {.timeout_ms = 50}};

/// One quick read after another: the 99th percentile of how long they took.
std::chrono::microseconds quick_p99(database& db, int n) {
  std::vector<std::chrono::microseconds> took;
  for (int i = 0; i < n; ++i) {
    const auto since = std::chrono::steady_clock::now();
    CHECK(read(db, {&quick, {std::int64_t{i}}}).has_value());
    took.push_back(std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - since));
  }
  std::sort(took.begin(), took.end());
  return took[took.size() * 99 / 100];
}

}  // namespace

TEST_CASE("every type goes to the server and back") {
  auto made = postgres_fixture::instance().fresh();
  open_handle db(postgres_fixture::instance().io(), made.options());
  auto id = sample_id(1, 2), other = sample_id(~0ull, 3);
  std::vector<value> sent{true,
                          std::int64_t{-5},
                          2.5,
                          std::string("häl\"lo"),
                          id,
                          bytes{std::string("\0\xff", 2)},
                          timestamp{-1},
                          std::vector<uuid>{id, other},
                          std::vector<std::int64_t>{1, -2},
                          std::vector<std::string>{"a", "", "ü"}};
  auto r = read(*db, {&types, sent});
  REQUIRE_MESSAGE(r.has_value(), r.error().detail);
  REQUIRE(r->size() == 1);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    CAPTURE(i);
    CHECK((r->at(0, i) == sent[i]));
  }
  CHECK(r->null(0, 10));
  CHECK(r->int8(0, 11) == 7);
  CHECK(r->int8(0, 12) == 8);
  CHECK((r->get<std::vector<std::int64_t>>(0, 13) == std::vector<std::int64_t>{1, 0}));
  CHECK(r->int8(0, 14) == -5);
  auto empty =
      read(*db, {&types,
                 {false, std::int64_t{0}, 0.0, "", id, bytes{}, timestamp{0}, std::vector<uuid>{},
                  std::vector<std::int64_t>{}, std::vector<std::string>{}}});
  REQUIRE(empty.has_value());
  CHECK(empty->get<std::vector<uuid>>(0, 7).empty());
}

TEST_CASE("a parameter may be NULL first and typed later") {
  auto made = postgres_fixture::instance().fresh();
  open_handle db(postgres_fixture::instance().io(), made.options());
  for (int i = 0; i < 12; ++i) {  // on each of the pool's connections
    CHECK(read(*db, {&maybe_null, {std::monostate{}}})->text(0, 0) == "none");
    CHECK(read(*db, {&maybe_null, {"some"}})->text(0, 0) == "some");
  }
}

TEST_CASE("a refused read is an error and does not touch its neighbours; a write is refused") {
  auto made = postgres_fixture::instance().fresh({{"sample", sample_migrations()}});
  open_handle db(postgres_fixture::instance().io(), made.options());
  std::atomic<int> good{0}, bad{0};
  for (int i = 0; i < 200; ++i) {
    db->read({&wrong, {}}, [&](auto r) { bad += !r; });
    db->read({&one, {std::int64_t{i}}}, [&, i](auto r) { good += r && r->int8(0, 0) == i; });
  }
  CHECK(read(*db, {&writes, {}}).error().code == errc::internal);
  REQUIRE(postgres_fixture::instance().until([&] { return good + bad == 400; }));
  CHECK(good == 200);
  CHECK(bad == 200);
  CHECK(read(*db, {&wrong, {}}).error().code == errc::internal);
  CHECK(read(*db, {&count_notes, {}})->int8(0, 0) == 0);
}

TEST_CASE("the wait queue is bounded and a slow read is ended by the server") {
  auto made = postgres_fixture::instance().fresh();
  auto options = made.options();
  options.settings.read_connections = 1;
  options.settings.reads_per_connection = 1;
  options.settings.max_waiting_reads = 5;
  options.settings.read_timeout_ms = 300;
  open_handle db(postgres_fixture::instance().io(), options);
  REQUIRE(read(*db, {&one, {std::int64_t{1}}}).has_value());
  std::atomic<int> timed_out{0}, refused{0}, answered{0};
  for (int i = 0; i < 20; ++i)
    db->read({&slow, {10.0}}, [&](auto r) {
      ++(r ? answered : r.error().code == errc::overloaded ? refused : timed_out);
    });
  REQUIRE(postgres_fixture::instance().until([&] { return timed_out + refused + answered == 20; }));
  CHECK(answered == 0);
  CHECK(refused >= 14);
  CHECK(timed_out >= 1);
  metric_samples samples;
  db->collect_metrics(samples);
  CHECK(samples.value(metric::nova_storage_statement_errors_total, {made.domain, "test.slow"}) >=
        1);
}

TEST_CASE("reads fail at once while the server is away and work again afterwards") {
  auto& fixture = postgres_fixture::instance();
  auto made = fixture.fresh();
  open_handle db(fixture.io(), made.options());
  // Its lane as well: one that is still connecting would be taken for the crash.
  REQUIRE(fixture.until([&] { return db->available(); }));
  REQUIRE(read(*db, {&one, {std::int64_t{1}}}).has_value());
  fixture.crash();
  REQUIRE(fixture.until([&] { return !db->available(); }));
  auto began = std::chrono::steady_clock::now();
  auto failed = read(*db, {&one, {std::int64_t{1}}});
  if (!failed) CHECK(failed.error().code == errc::unavailable);
  CHECK(std::chrono::steady_clock::now() - began < 1s * slowdown);
  REQUIRE(fixture.until([&] { return db->available(); }));
  const auto again = read(*db, {&one, {std::int64_t{1}}});
  CHECK_MESSAGE(again.has_value(), (again ? "" : again.error().detail));
}

TEST_CASE(
    "A4: 200 slow reads of one account do not delay the quick reads of another, nor its slow one "
    "by more than one of them") {
  auto made = postgres_fixture::instance().fresh();
  auto options = made.options();
  options.settings.max_waiting_slow_reads = 150;
  options.settings.slow_read_timeout_ms = 60'000;  // of waiting too
  open_handle db(postgres_fixture::instance().io(), options);
  REQUIRE(postgres_fixture::instance().until([&] { return db->available(); }));
  const auto quiet = quick_p99(*db, 1000);
  std::atomic<int> answered{0}, refused{0};
  for (int i = 0; i < 200; ++i)
    db->read({&list, {"worst", 0.05}}, [&](auto r) { ++(r ? answered : refused); });
  const auto beside = quick_p99(*db, 1000);
  const auto since = std::chrono::steady_clock::now();
  CHECK(read(*db, {&list, {"other", 0.05}}).has_value());
  CHECK(std::chrono::steady_clock::now() - since < 500ms * slowdown);
  CHECK(answered < 150);  // they were still there all the time
  MESSAGE("quick reads p99 ", quiet.count(), " -> ", beside.count(), " us");
  CHECK(beside <= std::max<std::chrono::microseconds>(2 * quiet, 10ms * slowdown));
  REQUIRE(postgres_fixture::instance().until([&] { return answered + refused == 200; }, 20s));
  CHECK(refused >= 49);  // one under way, 150 waiting
  CHECK(refused <= 50);
}

TEST_CASE(
    "A4: a query that is seen to be slow leaves the quick ones their connections, and its name may "
    "have a limit of its own") {
  auto made = postgres_fixture::instance().fresh();
  open_handle db(postgres_fixture::instance().io(), made.options());
  REQUIRE(postgres_fixture::instance().until([&] { return db->available(); }));
  REQUIRE(read(*db, {&undeclared, {0.2}}).has_value());
  const auto quiet = quick_p99(*db, 500);
  std::atomic<int> answered{0};
  for (int i = 0; i < 60; ++i)
    db->read({&undeclared, {0.1}}, [&](auto r) { answered += r.has_value(); });
  const auto beside = quick_p99(*db, 500);
  CHECK(answered < 60);
  CHECK(beside <= std::max<std::chrono::microseconds>(2 * quiet, 10ms * slowdown));
  const auto since = std::chrono::steady_clock::now();
  CHECK(read(*db, {&limited, {20.0}}).error().code == errc::unavailable);
  CHECK(std::chrono::steady_clock::now() - since < 1s * slowdown);
  CHECK(read(*db, {&limited, {0.0}}).has_value());
  CHECK(read(*db, {&slow, {0.2}}).has_value());  // the limit was not left behind
  REQUIRE(postgres_fixture::instance().until([&] { return answered == 60; }, 20s));
}

TEST_CASE(
    "A3: reads of a table that somebody has locked are refused soon and leave the others their "
    "connections") {
  auto made = postgres_fixture::instance().fresh({{"sample", sample_migrations()}});
  open_handle db(postgres_fixture::instance().io(), made.options());
  REQUIRE(postgres_fixture::instance().until([&] { return db->available(); }));
  auto stranger = std::move(*blocking_connection::open(made.admin_conninfo));
  const auto quiet = quick_p99(*db, 500);
  REQUIRE(stranger.script("BEGIN; LOCK TABLE note IN ACCESS EXCLUSIVE MODE").has_value());
  std::atomic<int> refused{0}, other{0};
  for (int i = 0; i < 200; ++i)
    db->read({&count_notes, {}},
             [&](auto r) { ++(!r && r.error().code == errc::unavailable ? refused : other); });
  REQUIRE(postgres_fixture::instance().until([&] { return refused + other > 0; }));
  for (int i = 0; i < 200; ++i)
    db->read({&count_notes, {}},
             [&](auto r) { ++(!r && r.error().code == errc::unavailable ? refused : other); });
  const auto beside = quick_p99(*db, 500);
  MESSAGE("quick reads p99 ", quiet.count(), " -> ", beside.count(), " us");
  CHECK(beside <= std::max<std::chrono::microseconds>(2 * quiet, 10ms * slowdown));
  REQUIRE(stranger.script("ROLLBACK").has_value());
  REQUIRE(postgres_fixture::instance().until([&] { return refused + other == 400; }));
  CHECK(refused >= 200);
  bool again = false;
  for (const auto until = std::chrono::steady_clock::now() + 5s;
       !again && std::chrono::steady_clock::now() < until;)
    again = read(*db, {&count_notes, {}}).has_value();
  CHECK(again);
}

TEST_CASE(
    "C: databases are shared out among the storage threads: a long callback of one does not delay "
    "another's reads") {
  auto first = postgres_fixture::instance().fresh(), second = postgres_fixture::instance().fresh();
  storage_io io(2);
  open_handle a(io, first.options()), b(io, second.options());
  std::promise<void> answered;
  std::promise<std::future_status> seen;
  a->read({&one, {std::int64_t{1}}},
          [&](auto) { seen.set_value(answered.get_future().wait_for(10s * slowdown)); });
  CHECK(read(*b, {&one, {std::int64_t{1}}}).has_value());
  answered.set_value();
  CHECK(seen.get_future().get() == std::future_status::ready);
}
