// The outbox in partitions: how an older one becomes the first, when partitions are made and dropped, and what is never lost.
#include "storage/postgres/conninfo.hpp"
#include "storage/runtime/letter_queries.hpp"
#include "storage/runtime/migrations.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;

namespace {

/// Answers of one database, as the role that serves and as the owner.
struct asked {
  explicit asked(fresh_database m) : made(std::move(m)) {}
  std::string by(const std::string& conninfo, const std::string& sql) const {
    auto db = blocking_connection::open(conninfo);
    REQUIRE(db.has_value());
    auto cell = db->text(sql);
    INFO((cell ? "" : cell.error().detail));
    REQUIRE(cell.has_value());
    return *cell;
  }
  std::string node(const std::string& sql) const { return by(made.conninfo, sql); }
  std::string owner(const std::string& sql) const { return by(made.owner_conninfo, sql); }
  /// Partitions without the rest.
  std::string parts() const { return node("SELECT count(*) FROM outbox_part"); }
  std::string heads() const {
    return node(
        "SELECT string_agg(shard || ':' || m, ' ' ORDER BY shard) FROM (SELECT shard, max(seq) AS "
        "m FROM outbox GROUP BY 1) x");
  }

  fresh_database made;
};

constexpr const char* extend =
    "SELECT nova_outbox_extend(now() + interval '2 days', interval '1 day')";
/// Rows of ten days, two shards; a day's rows in a partition of their own.
constexpr const char* ten_days =
    "DO $$ BEGIN "
    "DELETE FROM outbox_part; "
    "INSERT INTO outbox_part VALUES ('outbox_start', date_trunc('day', now()) - interval '10 "
    "days'); "
    "CREATE TABLE outbox_start (LIKE outbox INCLUDING DEFAULTS, PRIMARY KEY (shard, seq)); "
    "EXECUTE format('ALTER TABLE outbox ATTACH PARTITION outbox_start FOR VALUES FROM (MINVALUE) "
    "TO (%L)', "
    "date_trunc('day', now()) - interval '10 days'); "
    "PERFORM nova_outbox_extend(now() + interval '2 days', interval '1 day'); "
    "INSERT INTO outbox (shard, seq, type, key, payload, at) SELECT s, n + 1, 1, 'k', 'p', "
    "date_trunc('day', now()) - interval '10 days' + n * interval '1 hour' FROM generate_series(0, "
    "1) s, generate_series(0, 239) n "
    "WHERE s = 0 OR n < 24; END $$";

std::string drop(const std::string& before_days, const std::string& last_days,
                 const std::string& read) {
  return "SELECT nova_outbox_drop(date_trunc('day', now()) - interval '" + before_days +
         " days', date_trunc('day', now()) - interval '" + last_days + " days', '" + read + "')";
}

}  // namespace

TEST_CASE(
    "the outbox of an older version becomes the first partition, and its indexes those of all") {
  asked db(postgres_fixture::instance().bare());
  const auto role = embedded_postgres::runtime_role(db.made.domain);
  const migration_set old[] = {{"runtime", runtime_migrations().first(6)}},
                      all[] = {{"runtime", runtime_migrations()}};
  REQUIRE(migrate(db.made.owner_conninfo, role, old).has_value());
  db.owner(
      "INSERT INTO outbox (shard, seq, type, key, payload) SELECT n % 4, n / 4 + 1, 7, 'k' || n, "
      "'p' FROM generate_series(0, 39) n RETURNING ''");
  {
    auto owner = blocking_connection::open(db.made.owner_conninfo);
    REQUIRE(
        owner->script("CREATE INDEX outbox_personal ON outbox (key) WHERE type = 7").has_value());
  }
  REQUIRE(migrate(db.made.owner_conninfo, role, all).has_value());
  CHECK(db.heads() == "0:10 1:10 2:10 3:10");
  CHECK(db.node(extend) == "2");
  CHECK(db.owner("SELECT count(*) FROM pg_indexes WHERE tablename LIKE 'outbox\\_%' AND indexdef "
                 "LIKE '%(key) WHERE%'") == "4");
  open_handle node(postgres_fixture::instance().io(), db.made.options());
  const auto claimed = claim(*node, 4);
  REQUIRE(claimed.has_value());
  for (const auto& c : *claimed) CHECK(c.last_event_seq == 10);
}

TEST_CASE("old partitions go when all have read them, and every shard keeps its newest event") {
  asked db(postgres_fixture::instance().fresh());
  {
    auto owner = blocking_connection::open(db.made.owner_conninfo);
    auto done = owner->script(ten_days);
    INFO((done ? "" : done.error().detail));
    REQUIRE(done.has_value());
  }
  CHECK(db.heads() == "0:240 1:24");
  CHECK(db.node(drop("5", "8", "{-1,-1}")) == "2");  // behind the limit of unread events
  CHECK(db.node(drop("5", "20", "{-1,-1}")) == "0");
  CHECK(db.node(drop("5", "20", "{47,24}")) == "0");  // one event is not read
  CHECK(db.node(drop("5", "20", "{72,24}")) == "2");
  CHECK(db.heads() == "0:240 1:24");
  CHECK(db.node("SELECT count(*) FROM outbox WHERE shard = 1") == "1");
  CHECK(db.node("SELECT min(seq) FROM outbox WHERE shard = 0") == "73");
  CHECK(db.node(drop("-1", "20", "{}")) == "7");
  CHECK(db.heads() == "0:240 1:24");
  CHECK(db.node("SELECT count(*) FROM outbox") == "2");
  CHECK(db.node(extend) == "0");
}

TEST_CASE("events behind the last partition are kept, and become a partition") {
  asked db(postgres_fixture::instance().fresh());
  db.node(
      "INSERT INTO outbox (shard, seq, type, key, payload, at) VALUES (0, 1, 1, 'k', 'p', now() + "
      "interval '9 days') RETURNING ''");
  CHECK(db.owner("SELECT count(*) FROM outbox_rest") == "1");
  CHECK(db.node(extend) == "1");
  CHECK(db.owner("SELECT count(*) FROM outbox_rest") == "0");
  CHECK(db.heads() == "0:1");
  CHECK(db.node("SELECT nova_outbox_drop(now() + interval '99 days', now(), '{}')") == "1");
  CHECK(db.parts() == "0");
  CHECK(db.heads() == "0:1");
  CHECK(db.node(extend) != "0");
  CHECK(db.heads() == "0:1");
}

TEST_CASE("A8: letters lose their content with the unread events of their age, a step at a time") {
  namespace rq = runtime_queries;
  auto made = postgres_fixture::instance().fresh();
  asked db(made);
  open_handle node(postgres_fixture::instance().io(), made.options());
  REQUIRE(claim(*node, 1).has_value());
  db.node(
      "INSERT INTO dead_letter (source, source_shard, seq, type, key, payload, status, reason, "
      "attempts, at) SELECT 'user', 2, n, 700 + n % 2, 'anna', 'body', 'dead', 'why', 1, now() - n "
      "* interval '1 day' FROM generate_series(1, 6) n RETURNING ''");
  const auto step = [](const query& q, int days) {
    const auto before = system_wall_clock().now() - days * std::int64_t{86'400'000};
    return statement{&q, {timestamp{before}, std::int64_t{1}, std::vector<std::int64_t>{701}}};
  };
  const auto with_content = [&] {
    return db.node(
        "SELECT string_agg(seq::text, '' ORDER BY seq) FROM dead_letter WHERE payload "
        "= 'body' AND reason = 'why' AND type <> 0");
  };
  CHECK(read(*node, step(rq::unread_letters, 7))->int8(0, 0) == 0);
  CHECK(read(*node, step(rq::unread_letters, 3))->int8(0, 0) == 1);
  CHECK(with_content() == "123456");
  for (const auto* left :
       {"12345", "1235", "1235"}) {  // those of odd numbers are not to be touched
    CHECK(commit(*node, {1, 0, {step(rq::empty_unread_letters, 3)}, {}, {}}).status ==
          commit_status::committed);
    CHECK(with_content() == left);
  }
  CHECK(db.node("SELECT count(*) FROM dead_letter WHERE payload = '' AND reason = '' AND type = "
                "0") == "2");
}
