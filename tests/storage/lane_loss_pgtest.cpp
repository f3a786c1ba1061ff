// The lane when the server or the way to it goes away: nothing acknowledged is lost, nothing is doubled, it goes on by itself.
#include "storage/postgres/conninfo.hpp"
#include "storage/runtime/runtime_queries.hpp"
#include "tests/storage/cut_proxy.hpp"
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <set>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;
using namespace std::chrono_literals;

namespace {

std::int64_t count(const fresh_database& made, const std::string& sql) {
  auto db = blocking_connection::open(made.admin_conninfo);
  REQUIRE(db.has_value());
  auto text = db->text(sql);
  REQUIRE(text.has_value());
  return std::stoll(*text);
}

/// Appends notes 1, 2, 3 … one after another, up to a number under way, and keeps what was answered.
class writer {
 public:
  writer(database& db, std::size_t window) : db_(db), window_(window) {}
  /// False when the lane does not accept.
  bool append_one() {
    std::unique_lock lock(mutex_);
    free_.wait(lock, [&] { return open_ < window_; });
    auto n = ++last_;
    ++open_;
    lock.unlock();
    commit_unit u{0,
                  static_cast<std::uint32_t>(n % 4),
                  {note(1, n), {&put_counter, {"last", n}}},
                  {{1, "k", std::to_string(n)}},
                  {}};
    u.done = [this, n](const commit_outcome& o) {
      std::lock_guard guard(mutex_);
      --open_;
      if (o.status == commit_status::committed) acknowledged_.insert(n);
      else ++failed_;
      free_.notify_all();
    };
    if (db_.lane().append(std::move(u))) return true;
    lock.lock();
    --open_;
    --last_;
    return false;
  }
  bool drain() {
    std::unique_lock lock(mutex_);
    return free_.wait_for(lock, 20s * slowdown, [&] { return open_ == 0; });
  }
  /// Waits until one more is answered.
  bool wait_for_progress() {
    std::unique_lock lock(mutex_);
    auto before = acknowledged_.size();
    return free_.wait_for(lock, 20s * slowdown,
                          [&] { return acknowledged_.size() > before || open_ == 0; });
  }
  std::size_t acknowledged() {
    std::lock_guard lock(mutex_);
    return acknowledged_.size();
  }
  std::size_t failed() {
    std::lock_guard lock(mutex_);
    return failed_;
  }

 private:
  database& db_;
  std::size_t window_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::int64_t last_ = 0;
  std::size_t open_ = 0, failed_ = 0;
  std::set<std::int64_t> acknowledged_;
};

}  // namespace

TEST_CASE("many units share one transaction") {
  auto made = postgres_fixture::instance().fresh({{"sample", sample_migrations()}});
  open_handle db(postgres_fixture::instance().io(), made.options());
  REQUIRE(claim(*db, 4)->size() == 4);
  writer w(*db, 5000);
  for (int i = 0; i < 5000; ++i) REQUIRE(w.append_one());
  REQUIRE(w.drain());
  CHECK(w.acknowledged() == 5000);
  CHECK(count(made, "SELECT count(DISTINCT xmin::text) FROM note") < 1000);
  CHECK(count(made, "SELECT value FROM counter WHERE name = 'last'") == 5000);
  CHECK(count(made, "SELECT count(*) FROM outbox") == 5000);
  CHECK(count(made, "SELECT max(seq) FROM outbox WHERE shard = 1") == 1250);
  metric_samples samples;
  db->collect_metrics(samples);
  CHECK(samples.value(metric::nova_storage_statements_total, {made.domain, "sample.insert_note"}) ==
        5000);
  CHECK(samples.value(metric::nova_storage_commit_seconds, {made.domain}) ==
        samples.value(metric::nova_storage_lane_batches_total, {made.domain}));
}

TEST_CASE("under load a transaction waits for more decisions; a lonely one goes at once") {
  constexpr int units = 200, window = 4;
  auto run = [&](int under_way) {
    auto made = postgres_fixture::instance().fresh({{"sample", sample_migrations()}});
    auto options = made.options();
    options.settings.commit_delay_us = 20'000;
    options.settings.commit_siblings = 2;
    open_handle db(postgres_fixture::instance().io(), options);
    REQUIRE(claim(*db, 4)->size() == 4);
    writer w(*db, static_cast<std::size_t>(under_way));
    for (int i = 0; i < units; ++i) REQUIRE(w.append_one());
    REQUIRE(w.drain());
    return count(made, "SELECT count(DISTINCT xmin::text) FROM note");
  };
  const auto together = run(window);
  CAPTURE(together);
  CHECK(together < units / window * 5 / 4);  // 87 without the delay
  const auto began = std::chrono::steady_clock::now();
  CHECK(run(1) == units);
  CHECK(std::chrono::steady_clock::now() - began < units * 20ms);
}

TEST_CASE("a server that crashes again and again under load loses and doubles nothing") {
  auto& fixture = postgres_fixture::instance();
  auto made = fixture.fresh({{"sample", sample_migrations()}});
  open_handle db(fixture.io(), made.options());
  REQUIRE(claim(*db, 4)->size() == 4);
  writer w(*db, 300);
  std::int64_t refused = 0;
  for (int round = 0; round < 5; ++round) {
    auto goal = w.acknowledged() + 500 + static_cast<std::size_t>(round) * 137;
    while (w.acknowledged() < goal)
      if (!w.append_one()) ++refused;
    auto restarts = fixture.server().restarts();
    fixture.crash();
    REQUIRE(fixture.until([&] { return !db->lane().accepting(); }, 1s));
    CHECK(!w.append_one());
    REQUIRE(fixture.until([&] { return db->lane().accepting(); }));
    CHECK(fixture.server().restarts() == restarts + 1);
  }
  REQUIRE(w.drain());
  CHECK(w.failed() == 0);
  auto acknowledged = static_cast<std::int64_t>(w.acknowledged());
  CHECK(count(made, "SELECT count(*) FROM note") == acknowledged);
  CHECK(count(made, "SELECT count(*) FROM outbox") == acknowledged);
  CHECK(count(made,
              "SELECT count(*) FROM (SELECT shard FROM outbox GROUP BY shard HAVING count(*) <> "
              "max(seq)) gaps") == 0);
  CHECK(count(made,
              "SELECT count(*) FROM note n FULL JOIN outbox o ON n.seq = convert_from(o.payload, "
              "'UTF8')::bigint "
              "WHERE n.seq IS NULL OR o.seq IS NULL") == 0);
}

TEST_CASE("a commit whose reply is lost is acknowledged by its number, not written twice") {
  auto& fixture = postgres_fixture::instance();
  auto made = fixture.fresh({{"sample", sample_migrations()}});
  auto words = parse_conninfo(made.conninfo, {});
  REQUIRE(words.has_value());
  std::string folder;
  for (const auto& [name, value] : *words)
    if (name == "host") folder = value;
  cut_proxy proxy(folder);
  auto options = made.options();
  options.conninfo = to_conninfo(*parse_conninfo(made.conninfo, {{"host", proxy.folder()}}));
  open_handle db(fixture.io(), options);
  REQUIRE(claim(*db, 1)->size() == 1);
  for (int round = 1; round <= 10; ++round) {
    proxy.lose_reply_to("payload-" + std::to_string(round));
    auto lane_was = db->lane().id();
    auto out =
        commit(*db, {0,
                     0,
                     {{&insert_counter, {"round " + std::to_string(round), std::int64_t{round}}}},
                     {{1, "k", "payload-" + std::to_string(round)}},
                     {}});
    CHECK(out.status == commit_status::committed);
    CHECK(out.first_event == static_cast<std::uint64_t>(round));
    CHECK(proxy.lost() == round);
    CHECK(db->lane().id() == lane_was);
    REQUIRE(fixture.until([&] { return db->lane().accepting(); }));
  }
  CHECK(count(made, "SELECT count(*) FROM counter") == 10);
  CHECK(count(made, "SELECT count(*) FROM outbox") == 10);
  db.close();
}

TEST_CASE(
    "a server that stops answering makes the lane refuse within a second, and what was accepted is "
    "written later") {
  auto& fixture = postgres_fixture::instance();
  auto made = fixture.fresh({{"sample", sample_migrations()}});
  auto options = made.options();
  options.settings.lane_giveup_ms = 1500;
  options.settings.connect_timeout_ms = 500;
  open_handle db(fixture.io(), options);
  REQUIRE(claim(*db, 4)->size() == 4);
  writer w(*db, 1000);
  REQUIRE(w.append_one());
  REQUIRE(w.drain());
  fixture.pause();
  for (int i = 0; i < 20; ++i) (void)w.append_one();
  REQUIRE(fixture.until([&] { return !db->lane().accepting(); }, 1s));
  REQUIRE(
      fixture.until([&] { return db->lane().lease_until() < std::chrono::steady_clock::now(); }));
  CHECK(w.acknowledged() == 1);
  fixture.resume();
  REQUIRE(w.drain());
  CHECK(w.failed() == 0);
  CHECK(count(made, "SELECT count(*) FROM note") == static_cast<std::int64_t>(w.acknowledged()));
  CHECK(count(made, "SELECT count(*) FROM outbox") == static_cast<std::int64_t>(w.acknowledged()));
}

TEST_CASE("limits: a full queue is not accepted, a unit that is too large is rejected") {
  auto made = postgres_fixture::instance().fresh({{"sample", sample_migrations()}});
  auto options = made.options();
  options.settings.max_waiting_units = 10;
  options.settings.max_unit_bytes = 4096;
  options.settings.batch_units = 1;
  open_handle db(postgres_fixture::instance().io(), options);
  REQUIRE(claim(*db, 4)->size() == 4);
  writer w(*db, 100'000);
  int accepted = 0;
  while (w.append_one() && accepted < 100'000) ++accepted;
  REQUIRE(accepted < 100'000);
  CHECK(accepted >= 10);
  CHECK(!db->lane().accepting());
  REQUIRE(w.drain());
  CHECK(db->lane().accepting());
  auto out = commit(*db, {1, 0, {note(2, 1, std::string(5000, 'x'))}, {}, {}});
  CHECK(out.status == commit_status::rejected);
}

TEST_CASE(
    "a unit that waits for a lock is tried again, and blocked only when it stays; its neighbours "
    "are written") {
  auto made = postgres_fixture::instance().fresh({{"sample", sample_migrations()}});
  auto options = made.options();
  options.settings.lane_lock_timeout_ms = 100;
  open_handle db(postgres_fixture::instance().io(), options);
  REQUIRE(claim(*db, 4)->size() == 4);
  REQUIRE(commit(*db, {1, 0, {{&insert_counter, {"x", std::int64_t{1}}}}, {}, {}}).status ==
          commit_status::committed);
  auto other = blocking_connection::open(made.admin_conninfo);
  REQUIRE(other.has_value());
  for (bool released : {true, false}) {
    CAPTURE(released);
    REQUIRE(other->script("BEGIN; UPDATE counter SET value = value + 10").has_value());
    std::promise<commit_status> waiting, neighbour;
    commit_unit a{2, 0, {{&add_counter, {"x", std::int64_t{1}}}}, {{1, "k", "p"}}, {}};
    a.done = [&](const commit_outcome& o) { waiting.set_value(o.status); };
    commit_unit b{3, 0, {note(released ? 1 : 2, 1)}, {{1, "k", "p"}}, {}};
    b.done = [&](const commit_outcome& o) { neighbour.set_value(o.status); };
    REQUIRE(db->lane().append(std::move(a)));
    REQUIRE(db->lane().append(std::move(b)));
    auto answer = waiting.get_future();
    if (released) {
      REQUIRE(postgres_fixture::instance().until([&] {
        metric_samples samples;
        db->collect_metrics(samples);
        return samples.value(metric::nova_storage_statement_errors_total,
                             {made.domain, "sample.add_counter"}) >= 1;
      }));
      REQUIRE(other->script("COMMIT").has_value());
    }
    CHECK(answer.get() == (released ? commit_status::committed : commit_status::blocked));
    CHECK(neighbour.get_future().get() == commit_status::committed);
    if (!released) REQUIRE(other->script("ROLLBACK").has_value());
  }
  CHECK(count(made, "SELECT value FROM counter") == 12);
  CHECK(count(made, "SELECT max(seq) FROM outbox") == 3);
}
