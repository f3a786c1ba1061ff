// Several lanes of one process on one database: they share its shards, write side by side, and live and die together.
#include "storage/postgres/conninfo.hpp"
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <set>
#include <thread>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;

namespace {

constexpr std::uint32_t shards = 8;

struct stage {
  open_handle open(const std::string& node, std::uint32_t lanes) {
    auto options = made.options(node);
    options.settings.lanes = lanes;
    return {fixture.io(), options};
  }
  std::size_t claimed(open_handle& db) {
    auto owned = claim(*db, shards);
    return owned ? owned->size() : 0;
  }
  std::string text(const std::string& sql) {
    auto t = look.text(sql);
    REQUIRE_MESSAGE(t.has_value(), sql);
    return *t;
  }
  void expire(const std::string& which) {
    for (const std::string table : {"lane", "lane_batch"})
      REQUIRE(look.script("UPDATE " + table +
                          " SET expires_at = now() - interval '1 minute' WHERE lane_id IN (SELECT "
                          "lane_id FROM lane WHERE " +
                          which + ")")
                  .has_value());
  }

  postgres_fixture& fixture = postgres_fixture::instance();
  fresh_database made = fixture.fresh({{"sample", sample_migrations()}});
  blocking_connection look = std::move(*blocking_connection::open(made.admin_conninfo));
};

/// A process that is gone: its lanes' rows, each with half of the shards.
constexpr const char* gone_process =
    "INSERT INTO lane (lane_id, node, expires_at, process) SELECT gen_random_uuid(), 'gone', now() "
    "+ "
    "interval '1 hour', '00000000-0000-0000-0000-00000000000a' FROM generate_series(1, 2);"
    "INSERT INTO shard SELECT n, (SELECT lane_id FROM lane WHERE node = 'gone' ORDER BY lane_id "
    "OFFSET n % 2 LIMIT 1), 1 FROM generate_series(0, 7) n";

/// A transaction that comes to it waits for the session that holds the gate.
const query gate{"sample.gate", "SELECT pg_advisory_xact_lock_shared(77)"};

commit_unit add_to(std::uint64_t activation, std::uint32_t shard,
                   const std::vector<std::string>& names, bool gated = false) {
  commit_unit u{activation, shard, {}, {{1, "k", "p"}}, {}};
  for (const auto& name : names) {
    if (gated && name == names.back()) u.statements.push_back({&gate, {}});
    u.statements.push_back({&add_counter, {name, std::int64_t{1}}, 1});
  }
  return u;
}

/// Two lanes and two rows that units of both write.
struct two_lanes : stage {
  explicit two_lanes(std::uint32_t lock_timeout_ms) : db(opened(lock_timeout_ms)) {
    REQUIRE(claimed(db) == shards);
    append({9, 0, {{&insert_counter, {"x", std::int64_t{0}}}}, {}, {}});
    append({9, 0, {{&insert_counter, {"y", std::int64_t{0}}}}, {}, {}});
    REQUIRE(all_committed());
  }
  void append(commit_unit u) {
    u.done = [this](const commit_outcome& o) {
      committed += o.status == commit_status::committed;
      refused += o.status != commit_status::committed;
    };
    auto& lane = db->lane(u.shard);
    REQUIRE(fixture.until([&] { return lane.accepting(); }));
    REQUIRE(lane.append(std::move(u)));
    ++asked;
  }
  open_handle opened(std::uint32_t lock_timeout_ms) {
    REQUIRE(look.script("ALTER DATABASE nova_" + made.domain + " SET deadlock_timeout = '100ms'")
                .has_value());
    auto options = made.options("a");
    options.settings.lanes = 2;
    options.settings.lane_lock_timeout_ms = lock_timeout_ms;
    return {fixture.io(), options};
  }
  bool comes_to(const std::string& sql, const std::string& expected) {
    return fixture.until([&] {
      const auto t = look.text(sql);
      return t.has_value() && *t == expected;
    });
  }
  bool all_committed() {
    return fixture.until([&] { return committed + refused == asked; }) && refused == 0;
  }

  open_handle db;
  std::atomic<std::uint32_t> committed{0}, refused{0}, asked{0};
};

}  // namespace

TEST_CASE("C: three lanes of a process share the shards, and each writes for its own") {
  stage s;
  auto db = s.open("a", 3);
  REQUIRE(db->lanes() == 3);
  REQUIRE(s.claimed(db) == shards);
  CHECK(s.claimed(db) == shards);  // a further claim fences no lane of its own process
  CHECK(s.text("SELECT count(DISTINCT lane_id) FROM shard") == "3");
  CHECK(s.text("SELECT count(*) FROM lane WHERE fenced") == "0");
  std::atomic<std::uint32_t> committed{0}, asked{0};
  for (std::uint32_t n = 0; n < 100 * shards; ++n) {
    commit_unit u{
        n % shards + 1, n % shards, {note(n % shards, n / shards + 1)}, {{1, "k", "p"}}, {}};
    u.done = [&](const commit_outcome& o) { committed += o.status == commit_status::committed; };
    REQUIRE(s.fixture.until([&] { return db->lane(u.shard).accepting(); }));
    REQUIRE(db->lane(u.shard).append(std::move(u)));
    ++asked;
  }
  REQUIRE(s.fixture.until([&] { return committed == asked; }));
  CHECK(s.text("SELECT count(*) FROM note") == "800");
  CHECK(s.text("SELECT bool_and(n = 100 AND seq = 100) FROM (SELECT count(*) AS n, max(seq) AS seq "
               "FROM outbox GROUP BY shard) o") == "t");
  CHECK(s.text("SELECT count(DISTINCT lane_id) FROM lane_batch") == "3");
}

TEST_CASE("C: by default there is a lane for four cores, at least one and at most four") {
  const auto by_default = config::storage_settings{}.lanes;
  const auto lanes_on = [&](unsigned cores) { return lanes_for(by_default, cores); };
  for (const unsigned cores : {0u, 1u, 4u, 7u}) CHECK(lanes_on(cores) == 1);
  CHECK(lanes_on(8) == 2);
  for (const unsigned cores : {16u, 64u}) CHECK(lanes_on(cores) == 4);
  CHECK(lanes_for(3, 64) == 3);
  stage s;
  open_handle node = s.open("node-a", by_default);
  CHECK(node->lanes() == lanes_on(std::thread::hardware_concurrency()));
  CHECK(s.claimed(node) == shards);
}

TEST_CASE("C: a unit on the lane of another shard is refused") {
  stage s;
  auto db = s.open("a", 2);
  REQUIRE(s.claimed(db) == shards);
  std::atomic<int> status{-1};
  commit_unit u{1, 1, {note(1, 1)}, {{1, "k", "p"}}, {}};
  u.done = [&](const commit_outcome& o) { status = static_cast<int>(o.status); };
  REQUIRE(s.fixture.until([&] { return db->lane(0).accepting(); }));
  REQUIRE(db->lane(0).append(std::move(u)));
  REQUIRE(s.fixture.until([&] { return status >= 0; }));
  CHECK(status == static_cast<int>(commit_status::rejected));
}

TEST_CASE("C: a restart with another number of lanes takes all shards at once") {
  stage s;
  auto old = s.open("folder", 2);
  REQUIRE(s.claimed(old) == shards);
  auto next = s.open("folder", 3);
  CHECK(s.claimed(next) == shards);
  CHECK(s.text("SELECT count(DISTINCT l.process) || ' ' || min(s.epoch) FROM shard s JOIN lane l "
               "USING (lane_id)") == "1 2");
  CHECK(s.fixture.until([&] { return old->lane(0).fenced() && old->lane(1).fenced(); }));
}

TEST_CASE("C: while one lane of a process lives, no other process takes a part of its shards") {
  stage s;
  REQUIRE(s.look.script(gone_process).has_value());
  auto db = s.open("b", 2);
  CHECK(s.claimed(db) == 0);
  s.expire(
      "node = 'gone' AND lane_id = (SELECT min(lane_id::text)::uuid FROM lane WHERE node = "
      "'gone')");
  CHECK(s.claimed(db) == 0);
  CHECK(s.text("SELECT count(*) FROM lane WHERE node = 'gone' AND fenced") == "0");
  SUBCASE("nor a process with one lane") {
    auto single = s.open("c", 1);
    CHECK(s.claimed(single) == 0);
  }
  SUBCASE("nor a shard that nobody owns") {
    REQUIRE(s.look.script("DELETE FROM shard WHERE shard = 3").has_value());
    CHECK(s.claimed(db) == 0);
  }
  s.expire("node = 'gone'");
  CHECK(s.claimed(db) == shards);
  CHECK(s.text("SELECT count(*) FROM lane WHERE node = 'gone' AND fenced") == "2");
}

TEST_CASE(
    "C: a lane apart whose lease ran out while it owned nothing has a lease when its claim is "
    "answered") {
  stage s;
  auto options = s.made.options("a");
  options.settings.lanes = 2;
  options.settings.lease_ms = 1000;
  options.apart = true;
  open_handle db{s.fixture.io(), options};
  const auto leased = [&] { return db->lane(0).lease_holds(std::chrono::steady_clock::now()); };
  REQUIRE(s.fixture.until(leased));
  REQUIRE(s.fixture.until([&] { return !leased(); }));
  std::optional<std::size_t> owned;
  bool then = false;
  db->claim_lane(0, shards, [&](const result<std::vector<shard_claim>>& r) {
    then = leased();
    owned = r ? r->size() : 0;
  });
  REQUIRE(s.fixture.until([&] { return owned.has_value(); }));
  CHECK(*owned == shards / 2);
  CHECK(then);
}

TEST_CASE("C: a lane apart is given back before its process has its next session") {
  stage s;
  const auto open = [&](const std::string& node) {
    auto options = s.made.options(node);
    options.apart = true;
    return std::make_unique<open_handle>(s.fixture.io(), options);
  };
  const auto claimed = [&](open_handle& db) {
    std::atomic<int> owned{-1};
    db->claim_lane(0, shards, [&](const result<std::vector<shard_claim>>& r) {
      owned = r ? static_cast<int>(r->size()) : -2;
    });
    REQUIRE(s.fixture.until([&] { return owned != -1; }));
    return owned.load();
  };
  std::atomic<bool> given{false};
  const auto a = open("a"), b = open("b");
  REQUIRE(claimed(*a) == shards);
  REQUIRE(claimed(*b) == 0);
  const auto limit_sessions = [&](const std::string& most) {
    REQUIRE(s.look.script("ALTER DATABASE nova_" + s.made.domain + " CONNECTION LIMIT " + most)
                .has_value());
  };
  limit_sessions("0");
  (*a)->reincarnate_lane(0, [&](const result<void>& r) { given = r.has_value(); });
  CHECK(s.fixture.until([&] { return given.load(); }));
  CHECK(claimed(*b) == shards);
  CHECK_FALSE((*a)->lane().accepting());
  limit_sessions("-1");
  REQUIRE(s.fixture.until([&] { return (*a)->lane().accepting(); }));
  CHECK(claimed(*a) == 0);
}

TEST_CASE("C: one fenced lane ends all of its process; new ones take all shards") {
  stage s;
  auto db = s.open("a", 2);
  REQUIRE(s.claimed(db) == shards);
  REQUIRE(s.look
              .script("UPDATE lane SET fenced = true WHERE lane_id = (SELECT lane_id FROM shard "
                      "WHERE shard = 1)")
              .has_value());
  CHECK(s.fixture.until([&] { return db->lane(1).fenced(); }));
  CHECK(s.claimed(db) == 0);  // the other one cannot go on alone
  std::atomic<bool> again{false};
  db->reincarnate([&](const result<void>& r) { again = r.has_value(); });
  REQUIRE(s.fixture.until([&] { return again.load(); }));
  CHECK(s.claimed(db) == shards);
  CHECK(s.text("SELECT count(*) FROM lane WHERE NOT fenced") == "2");
}

TEST_CASE("C: a claim deletes lanes without shards whose lease ended more than an hour ago") {
  stage s;
  auto db = s.open("a", 1);
  REQUIRE(s.claimed(db) == shards);
  // By the lease of the row and by that of the newest batch, which counts if it is later.
  REQUIRE(
      s.look
          .script("INSERT INTO lane (lane_id, node, expires_at) VALUES "
                  "('00000000-0000-0000-0000-000000000001', 'old', now() - interval '2 hours'),"
                  "('00000000-0000-0000-0000-000000000002', 'batch', now() - interval '2 hours'),"
                  "('00000000-0000-0000-0000-000000000003', 'young', now() - interval '50 "
                  "minutes'),"
                  "('00000000-0000-0000-0000-000000000004', 'owner', now() + interval '1 hour');"
                  "INSERT INTO lane_batch SELECT lane_id, 7, CASE node WHEN 'batch' THEN now() - "
                  "interval '50 minutes' ELSE expires_at END FROM lane WHERE node <> 'a';"
                  "UPDATE shard SET lane_id = '00000000-0000-0000-0000-000000000004' WHERE shard "
                  "= 5")
          .has_value());
  const auto nodes = [&](const std::string& of) {
    return s.text("SELECT string_agg(DISTINCT node, ' ' ORDER BY node) FROM lane " + of);
  };
  CHECK(nodes("") == "a batch old owner young");
  CHECK(s.claimed(db) == shards - 1);
  CHECK(nodes("") == "a batch owner young");
  CHECK(nodes("JOIN lane_batch USING (lane_id) WHERE node <> 'a'") == "batch owner young");
  CHECK(s.text("SELECT count(*) FROM lane_batch WHERE lane_id = "
               "'00000000-0000-0000-0000-000000000001'") == "0");
}

TEST_CASE("C: of two lanes that deadlock one is rolled back and tried again, each unit once") {
  constexpr std::uint32_t longer_than_the_ring_ms = 10'000;
  two_lanes s(longer_than_the_ring_ms);
  const auto deadlocks =
      "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
  REQUIRE(s.look.script("SELECT pg_advisory_lock(77)").has_value());
  s.append(add_to(1, 0, {"x", "y"}, true));
  s.append(add_to(2, 1, {"y", "x"}, true));
  REQUIRE(
      s.comes_to("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", "2"));
  REQUIRE(s.look.script("SELECT pg_advisory_unlock(77)").has_value());
  CHECK(s.all_committed());
  CHECK(s.text("SELECT string_agg(name || value, ' ' ORDER BY name) FROM counter") == "x2 y2");
  CHECK(s.text("SELECT count(*) || ' ' || max(seq) FROM outbox") == "2 1");
  CHECK(s.comes_to(deadlocks, "1"));
}

TEST_CASE("C: two lanes that write rows in opposite orders lose nothing and do not hang") {
  two_lanes s(config::storage_settings{}.lane_lock_timeout_ms);
  constexpr std::uint32_t each = 300;
  for (std::uint32_t n = 0; n < each; ++n) {
    s.append(add_to(10 + n, 0, {"x", "y"}));
    s.append(add_to(10'000 + n, 1, {"y", "x"}));
  }
  CHECK(s.all_committed());
  CHECK(s.text("SELECT string_agg(name || value, ' ' ORDER BY name) FROM counter") == "x600 y600");
  CHECK(s.text("SELECT count(*) || ' ' || max(seq) FROM outbox") == "600 300");
}
