// Locks of somebody else: they cost the units that need what is locked, and nobody else.
#include "storage/postgres/conninfo.hpp"
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

/// Forty activations that write a counter of their own (one merged statement) and read it, every two milliseconds, on a thread.
class others {
 public:
  explicit others(database& db) : db_(db), thread_([this] { run(); }) {}
  ~others() {
    {
      std::lock_guard lock(pace_);
      stop_ = true;
    }
    ended_.notify_all();
    thread_.join();
  }
  struct figures {
    std::chrono::microseconds write_p99{0}, read_p99{0};
    std::size_t samples = 0, failed = 0;
    bool lease_kept = true;
  };
  /// What happened from now on for so long.
  figures observe(std::chrono::milliseconds time) {
    reset();
    const auto until = clock_type::now() + time;
    REQUIRE(
        postgres_fixture::instance().until([&] { return clock_type::now() >= until; }, time * 2));
    std::lock_guard lock(mutex_);
    figures f{p99(writes_), p99(reads_), writes_.size() + reads_.size(), failed_, lease_kept_};
    return f;
  }

 private:
  static constexpr int activations = 40;

  void reset() {
    std::lock_guard lock(mutex_);
    writes_.clear();
    reads_.clear();
    failed_ = 0;
    lease_kept_ = true;
  }
  static std::chrono::microseconds p99(std::vector<std::chrono::microseconds> all) {
    if (all.empty()) return {};
    auto at = all.begin() + static_cast<std::ptrdiff_t>(all.size() * 99 / 100);
    std::nth_element(all.begin(), at, all.end());
    return *at;
  }
  void took(std::vector<std::chrono::microseconds>& list, clock_type::time_point since, bool good) {
    std::lock_guard lock(mutex_);
    list.push_back(
        std::chrono::duration_cast<std::chrono::microseconds>(clock_type::now() - since));
    failed_ += !good;
    --open_;
  }
  /// The load's pace; returns early when it ends.
  void pause_until(clock_type::time_point then) {
    std::unique_lock lock(pace_);
    ended_.wait_until(lock, then, [this] { return stop_; });
  }
  bool ending() {
    std::lock_guard lock(pace_);
    return stop_;
  }
  void run() {
    auto next = clock_type::now();
    for (std::int64_t n = 0; !ending(); ++n) {
      const auto name = "other " + std::to_string(n % activations);
      const auto since = clock_type::now();
      commit_unit u{1000 + static_cast<std::uint64_t>(n % activations),
                    0,
                    {{&put_counter, {name, n}}},
                    {},
                    {}};
      u.done = [this, since](const commit_outcome& o) {
        took(writes_, since, o.status == commit_status::committed);
      };
      open_ += 2;
      if (!db_.lane().append(std::move(u))) took(writes_, since, false);
      db_.read({&read_counter, {name}},
               [this, since](auto r) { took(reads_, since, r.has_value()); });
      if (db_.lane().lease_until() <= since) {
        std::lock_guard lock(mutex_);
        lease_kept_ = false;
      }
      next += 2ms;
      pause_until(next);
    }
    (void)postgres_fixture::instance().until([&] { return open_ == 0; });
  }

  database& db_;
  std::mutex mutex_;
  std::vector<std::chrono::microseconds> writes_, reads_;
  std::size_t failed_ = 0;
  bool lease_kept_ = true;
  std::atomic<int> open_{0};
  std::mutex pace_;
  std::condition_variable ended_;
  bool stop_ = false;  ///< pace_
  std::thread thread_;
};

struct stage {
  postgres_fixture& fixture = postgres_fixture::instance();
  fresh_database made = fixture.fresh({{"sample", sample_migrations()}});
  blocking_connection stranger = std::move(*blocking_connection::open(made.admin_conninfo));
  blocking_connection look = std::move(*blocking_connection::open(made.admin_conninfo));
  open_handle db{fixture.io(), made.options()};
  stage() {
    REQUIRE(claim(*db, 1)->size() == 1);
    REQUIRE(commit(*db, {1, 0, {{&put_counter, {"locked", std::int64_t{0}}}}, {}, {}}).status ==
            commit_status::committed);
  }
  void holds(const std::string& sql) { REQUIRE(stranger.script("BEGIN; " + sql).has_value()); }
  void lets_go() { REQUIRE(stranger.script("ROLLBACK").has_value()); }
  std::int64_t metric(nova::metric family) {
    metric_samples all;
    db->collect_metrics(all);
    for (const auto& [labels, sample] : all.of(family))
      return static_cast<std::int64_t>(sample.value);
    return -1;
  }
};

/// Twice what it was without the lock; the floor keeps a busy machine's noise out, and the fault that this is for cost seconds.
void check_pace(const others::figures& quiet, const others::figures& locked) {
  constexpr std::chrono::microseconds floor = 100ms * slowdown;
  MESSAGE("writes p99 ", quiet.write_p99.count(), " -> ", locked.write_p99.count(),
          " us, reads p99 ", quiet.read_p99.count(), " -> ", locked.read_p99.count(), " us, of ",
          locked.samples);
  CHECK(locked.failed == 0);
  CHECK(locked.lease_kept);
  CHECK(locked.write_p99 <= std::max(2 * quiet.write_p99, floor));
  CHECK(locked.read_p99 <= std::max(2 * quiet.read_p99, floor));
}

}  // namespace

TEST_CASE("A3: a row that a stranger has locked costs the units that need it, and nobody else") {
  stage s;
  others load(*s.db);
  const auto quiet = load.observe(2s);
  s.holds("UPDATE counter SET value = value + 1 WHERE name = 'locked'");
  std::atomic<bool> go_on{true};
  std::atomic<int> blocked{0}, other{0};
  // A refused decision comes again, as a reader's event does.
  std::function<void(std::uint64_t)> need = [&](std::uint64_t activation) {
    commit_unit u{activation, 0, {{&put_counter, {"locked", std::int64_t{5}}}}, {}, {}};
    u.done = [&, activation](const commit_outcome& o) {
      ++(o.status == commit_status::blocked ? blocked : other);
      if (go_on && o.status == commit_status::blocked) need(activation + 1);
    };
    CHECK(s.db->lane().append(std::move(u)));
  };
  need(100);
  const auto locked = load.observe(6500ms);
  check_pace(quiet, locked);
  CHECK(blocked >= 2);
  CHECK(other == 0);
  go_on = false;
  s.lets_go();
  REQUIRE(s.fixture.until([&] { return other == 1; }));
  CHECK(commit(*s.db, {7, 0, {{&add_counter, {"locked", std::int64_t{0}}, 1}}, {}, {}}).status ==
        commit_status::committed);
}

TEST_CASE("A3: an ALTER TABLE that waits costs the units of its table, and nobody else") {
  stage s;
  others load(*s.db);
  const auto quiet = load.observe(2s);
  s.holds("SELECT count(*) FROM note");
  auto migration = std::move(*blocking_connection::open(s.made.admin_conninfo));
  REQUIRE(PQsendQuery(migration.raw(), "ALTER TABLE note ADD COLUMN more text") == 1);
  std::atomic<int> committed{0}, blocked{0}, other{0};
  std::int64_t n = 0;
  auto need = [&] {
    ++n;
    commit_unit u{0, 0, {note(1, n)}, {{1, "k", "p"}}, {}};
    u.done = [&](const commit_outcome& o) {
      ++(o.status == commit_status::committed ? committed
         : o.status == commit_status::blocked ? blocked
                                              : other);
    };
    REQUIRE(s.db->lane().append(std::move(u)));
  };
  REQUIRE(s.fixture.until([&] {
    return *s.look.text(
               "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query "
               "LIKE 'ALTER%'") == "1";
  }));
  for (int i = 0; i < 500; ++i) need();
  const auto locked = load.observe(6500ms);
  check_pace(quiet, locked);
  CHECK(blocked == 500);
  for (int i = 0; i < 500; ++i) need();
  CHECK(s.metric(nova::metric::nova_storage_lane_lock_tries_total) <
        100);  // a locked table costs a try a pause, not one a unit
  s.lets_go();
  REQUIRE(s.fixture.until([&] { return committed + blocked + other == 1000; }));
  CHECK(committed == 500);
  CHECK(*s.stranger.text("SELECT count(*) FROM note") == "500");
  CHECK(*s.stranger.text("SELECT max(seq) FROM outbox") == "500");
}

TEST_CASE(
    "A3: what an activation decides after a locked decision waits behind it, and is aborted with "
    "it") {
  stage s;
  for (bool released : {true, false}) {
    CAPTURE(released);
    s.holds("UPDATE counter SET value = value + 1 WHERE name = 'locked'");
    std::vector<std::pair<int, commit_status>> ends;
    const auto room = released ? 1u : 2u;
    const auto activation = 50u + room;
    auto append = [&](int i, std::vector<statement> statements) {
      commit_unit u{activation, 0, std::move(statements), {{1, "k", std::to_string(i)}}, {}};
      u.done = [&, i](const commit_outcome& o) { ends.emplace_back(i, o.status); };
      REQUIRE(s.db->lane().append(std::move(u)));
    };
    append(0, {note(room, 1)});
    append(1, {note(room, 2), {&put_counter, {"locked", std::int64_t{9}}}});
    append(2, {note(room, 3)});
    REQUIRE(s.fixture.until(
        [&] { return s.metric(nova::metric::nova_storage_lane_lock_tries_total) >= 2; }));
    append(3, {note(room, 4)});
    // A stranger to all this is not held up.
    CHECK(commit(*s.db, {90, 0, {{&put_counter, {"free", std::int64_t{1}}}}, {}, {}}).status ==
          commit_status::committed);
    if (released) s.lets_go();
    REQUIRE(s.fixture.until([&] { return ends.size() == 4; }));
    const auto good = commit_status::committed;
    const auto expected =
        released
            ? std::vector<std::pair<int, commit_status>>{{0, good}, {1, good}, {2, good}, {3, good}}
            : std::vector<std::pair<int, commit_status>>{{0, good},
                                                         {1, commit_status::blocked},
                                                         {2, commit_status::aborted},
                                                         {3, commit_status::aborted}};
    CHECK(ends == expected);
    if (!released) s.lets_go();
  }
  CHECK(*s.stranger.text(
            "SELECT string_agg(convert_from(payload, 'UTF8'), ',' ORDER BY seq) FROM outbox") ==
        "0,1,2,3,0");
}
