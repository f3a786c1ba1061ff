// The fate of a batch is known from the database: a COMMIT that hangs, a session that is ended or stopped, a standby that does
// not answer. Nothing is written twice, and nothing is reported before it is as durable as the server is configured to make it.
#include "storage/postgres/conninfo.hpp"
#include "tests/storage/cut_proxy.hpp"
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>
#include <libpq-fe.h>
#include <boost/uuid/uuid_io.hpp>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;
using namespace std::chrono_literals;

namespace {

/// A lane on a fresh database with a counter `x`, each change of which is noted with its transaction, and a second session.
struct lane_under_test {
  explicit lane_under_test(const std::function<void(config::storage_settings&)>& set = [](auto&) {
  }) {
    auto options = made.options();
    options.suspended = [this] { return std::chrono::nanoseconds(suspended.load()); };
    set(options.settings);
    db.emplace(fixture.io(), options);
    REQUIRE(look.script("CREATE TABLE change (name text, xid bigint);"
                        "CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql SECURITY "
                        "DEFINER AS $$ BEGIN "
                        "INSERT INTO public.change VALUES (NEW.name, "
                        "pg_current_xact_id()::text::bigint); RETURN NULL; END $$;"
                        "CREATE TRIGGER note_change AFTER INSERT OR UPDATE ON counter FOR EACH ROW "
                        "EXECUTE FUNCTION note_change()")
                .has_value());
    REQUIRE(claim(**db, 1)->size() == 1);
    REQUIRE(nova::test::commit(**db, {1, 0, {{&insert_counter, {"x", std::int64_t{0}}}}, {}, {}})
                .status == commit_status::committed);
    lane_id = (*db)->lane().id();
  }
  ~lane_under_test() { wait_for_standby(""); }

  /// Process ids of the lane's sessions, the youngest last.
  std::vector<int> sessions() {
    std::vector<int> out;
    auto r = look.run(
        "SELECT pid FROM pg_stat_activity WHERE application_name = $1 ORDER BY backend_start",
        {"nova:" + boost::uuids::to_string(lane_id)});
    REQUIRE(r.has_value());
    for (int i = 0; i < PQntuples(r->get()); ++i)
      out.push_back(std::stoi(PQgetvalue(r->get(), i, 0)));
    return out;
  }
  int waiting_for_standby() {
    auto pid = text(
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE "
        "'nova:%' "
        "ORDER BY backend_start DESC LIMIT 1");
    return pid.empty() ? 0 : std::stoi(pid);
  }
  std::string text(const std::string& sql) {
    auto t = look.text(sql);
    REQUIRE_MESSAGE(t.has_value(), sql);
    return *t;
  }
  void wait_for_standby(const std::string& name) {
    auto before = text("SELECT pg_conf_load_time()");
    REQUIRE(look.script("ALTER SYSTEM SET synchronous_standby_names = '" + name + "'").has_value());
    REQUIRE(look.script("SELECT pg_reload_conf()").has_value());
    REQUIRE(fixture.until([&] { return text("SELECT pg_conf_load_time()") != before; }));
    if (!name.empty()) wait_until_commits_wait();
  }
  /// The server's own processes take the setting over a moment later: a transaction of a third session finds out when.
  void wait_until_commits_wait() {
    third = std::move(*blocking_connection::open(made.admin_conninfo));
    const auto pid = std::to_string(PQbackendPID(third->raw()));
    bool sent = false;
    REQUIRE(fixture.until([&] {
      if (!sent)
        sent = PQsendQuery(third->raw(), "SELECT pg_logical_emit_message(true, 'test', '')") == 1;
      if (text("SELECT wait_event FROM pg_stat_activity WHERE pid = " + pid) == "SyncRep")
        return true;
      PQconsumeInput(third->raw());
      if (PQisBusy(third->raw()) == 0) {
        while (auto* r = PQgetResult(third->raw())) PQclear(r);
        sent = false;
      }
      return false;
    }));
  }
  /// Adds one to the counter; the outcome comes into `outcome`.
  void add() {
    commit_unit u{1, 0, {{&add_counter, {"x", std::int64_t{1}}, 1}}, {}, {}};
    u.done = [this](const commit_outcome& o) {
      last = o.status;
      ++answers;
    };
    REQUIRE((*db)->lane().append(std::move(u)));
  }
  bool answered(int n) {
    return fixture.until([&] { return answers == n; });
  }
  bool unfenced() { return (*db)->lane().id() == lane_id && !(*db)->lane().fenced(); }

  postgres_fixture& fixture = postgres_fixture::instance();
  fresh_database made = fixture.fresh({{"sample", sample_migrations()}});
  blocking_connection look = std::move(*blocking_connection::open(made.admin_conninfo));
  std::optional<blocking_connection> third;
  std::optional<open_handle> db;
  uuid lane_id{};
  std::atomic<std::int64_t> suspended{0};
  std::atomic<int> answers{0};
  std::atomic<commit_status> last{commit_status::unavailable};
};

/// Processes of the server that were forked for a connection or beside it.
/// Server processes for sessions of that database, those that still connect among them: their titles name it.
std::size_t sessions_of(int postmaster, const std::string& database) {
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream in(entry.path() / "stat"), titled(entry.path() / "cmdline");
    std::string pid, name, state, title;
    int parent = 0;
    if (!(in >> pid >> name >> state >> parent) || parent != postmaster) continue;
    std::getline(titled, title, '\0');
    if (title.find(' ' + database + ' ') != title.npos) ++n;
  }
  return n;
}

/// The server hangs inside a COMMIT; the counter is raised once before the hang and once after it.
void hang_in_commit(lane_under_test& t, std::chrono::milliseconds how_long) {
  t.wait_for_standby("nobody");
  t.add();
  int stopped = 0;
  REQUIRE(t.fixture.until([&] { return (stopped = t.waiting_for_standby()) != 0; }));
  ::kill(stopped, SIGSTOP);
  t.wait_for_standby("");
  const auto until = std::chrono::steady_clock::now() + how_long;
  bool more_than_two = false;
  REQUIRE(t.fixture.until([&] {
    more_than_two |= t.sessions().size() > 2;
    return std::chrono::steady_clock::now() >= until;
  }));
  CHECK(!more_than_two);
  CHECK(t.answers == 0);
  CHECK(!(*t.db)->lane().accepting());
  ::kill(stopped, SIGCONT);
  REQUIRE(t.answered(1));
  CHECK(t.last == commit_status::committed);
  REQUIRE(t.fixture.until([&] { return (*t.db)->lane().accepting(); }));
  t.add();
  REQUIRE(t.answered(2));
  CHECK(t.last == commit_status::committed);
  CHECK(t.unfenced());
  CHECK(t.text("SELECT value FROM counter") == "2");
  CHECK(t.text("SELECT count(*) || '/' || count(DISTINCT xid) FROM change WHERE name = 'x'") ==
        "3/3");
}

}  // namespace

TEST_CASE(
    "A6: a server that hangs for 8.5 s inside a COMMIT doubles nothing, and the lane goes on by "
    "itself") {
  lane_under_test t;
  hang_in_commit(t, 8500ms);
}

TEST_CASE("A6: a short hang inside a COMMIT with a lane that gives up soon") {
  lane_under_test t([](auto& s) { s.lane_giveup_ms = 500; });
  hang_in_commit(t, 2s);
}

TEST_CASE(
    "A6: a batch that a stopped server has not begun is written once, by whichever session comes "
    "first") {
  lane_under_test t([](auto& s) { s.lane_giveup_ms = 500; });
  const int stopped = t.sessions().back();
  ::kill(stopped, SIGSTOP);
  t.add();
  REQUIRE(t.answered(1));
  CHECK(t.last == commit_status::committed);
  ::kill(stopped, SIGCONT);
  REQUIRE(t.fixture.until([&] { return t.sessions().size() == 1; }));
  CHECK(t.unfenced());
  CHECK(t.text("SELECT value FROM counter") == "1");
}

TEST_CASE(
    "A6: a refused batch whose first attempt may still come gives up its number before it is "
    "split") {
  lane_under_test t([](auto& s) { s.lane_giveup_ms = 500; });
  const int stopped = t.sessions().back();
  ::kill(stopped, SIGSTOP);
  std::atomic<int> conflicts{0}, written{0};
  for (const char* name : {"a", "x", "b"}) {
    commit_unit u{0, 0, {{&insert_counter, {name, std::int64_t{1}}}}, {}, {}};
    u.done = [&](const commit_outcome& o) {
      ++(o.status == commit_status::conflict ? conflicts : written);
    };
    REQUIRE((*t.db)->lane().append(std::move(u)));
  }
  REQUIRE(t.fixture.until([&] { return conflicts + written == 3; }));
  ::kill(stopped, SIGCONT);
  CHECK(conflicts == 1);
  CHECK(written == 2);
  CHECK(t.unfenced());
  CHECK(t.text("SELECT string_agg(name, ',' ORDER BY name) FROM counter") == "a,b,x");
}

TEST_CASE(
    "A6: a number that was given up is not taken for a commit when the reply to that is lost") {
  auto& fixture = postgres_fixture::instance();
  auto made = fixture.fresh({{"sample", sample_migrations()}});
  std::string folder;
  for (const auto& [name, value] : *parse_conninfo(made.conninfo, {}))
    if (name == "host") folder = value;
  cut_proxy proxy(folder);
  auto options = made.options();
  options.conninfo = to_conninfo(*parse_conninfo(made.conninfo, {{"host", proxy.folder()}}));
  open_handle db(fixture.io(), options);
  REQUIRE(claim(*db, 1)->size() == 1);
  REQUIRE(commit(*db, {1, 0, {{&insert_counter, {"x", std::int64_t{1}}}}, {}, {}}).status ==
          commit_status::committed);
  proxy.lose_replies_to({"the conflicting one", "SELECT lane_id, $2, '-infinity'"});
  auto out =
      commit(*db, {2,
                   0,
                   {note(1, 1, "the conflicting one"), {&insert_counter, {"x", std::int64_t{1}}}},
                   {},
                   {}});
  CHECK(proxy.lost() == 2);
  CHECK(out.status == commit_status::conflict);
  CHECK(commit(*db, {3, 0, {note(2, 1)}, {{1, "k", "p"}}, {}}).status == commit_status::committed);
  auto look = std::move(*blocking_connection::open(made.admin_conninfo));
  CHECK(*look.text("SELECT count(*) FROM note") == "1");
  db.close();
}

TEST_CASE(
    "A7: what a killed session has committed without its standby is not reported before a standby "
    "has it") {
  lane_under_test t;
  t.wait_for_standby("nobody");
  t.add();
  int killed = 0, next = 0;
  REQUIRE(t.fixture.until([&] { return (killed = t.waiting_for_standby()) != 0; }));
  SUBCASE("the session is ended") {
    t.text("SELECT pg_terminate_backend(" + std::to_string(killed) + ")");
  }
  SUBCASE("its wait is cancelled") {
    t.text("SELECT pg_cancel_backend(" + std::to_string(killed) + ")");
  }
  REQUIRE(t.fixture.until([&] {
    next = t.waiting_for_standby();
    return next != 0 && t.text("SELECT value FROM counter") == "1" &&
           t.text("SELECT query LIKE '%lane_batch%' FROM pg_stat_activity WHERE pid = " +
                  std::to_string(next)) == "t";
  }));
  CHECK(t.answers == 0);
  CHECK(t.fixture.until([&] { return !(*t.db)->lane().accepting(); }));
  t.wait_for_standby("");
  REQUIRE(t.answered(1));
  CHECK(t.last == commit_status::committed);
  CHECK(t.unfenced());
  CHECK(t.text("SELECT value FROM counter") == "1");
}

TEST_CASE(
    "A6: giving connections up leaves a bounded number of stuck sessions at a server that hangs") {
  constexpr unsigned connect_within_ms = 100 * slowdown;
  lane_under_test t([](auto& s) {
    s.lane_giveup_ms = 500;
    s.connect_timeout_ms = connect_within_ms;
    s.reconnect_max_ms = 20;
    s.read_timeout_ms = 10;
    s.read_connections = 3;
    s.slow_read_connections = 1;
  });
  // Longer than a connection may take: none is on its way then, and none that was given up is among them.
  std::vector<int> stopped;
  auto since = std::chrono::steady_clock::now();
  REQUIRE(t.fixture.until([&] {
    const auto rows = t.look.run(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name "
        "LIKE 'nova%' ORDER BY pid");
    if (!rows) return false;
    std::vector<int> pids;
    for (int i = 0; i < PQntuples(rows->get()); ++i)
      pids.push_back(std::stoi(PQgetvalue(rows->get(), i, 0)));
    const auto now = std::chrono::steady_clock::now();
    if (std::exchange(stopped, pids) != pids) since = now;
    return (*t.db)->available() && pids.size() == 5 &&
           now - since > std::chrono::milliseconds(3 * connect_within_ms);
  }));
  const int postmaster = t.fixture.server().postmaster();
  const auto database = t.text("SELECT current_database()");
  const auto before = sessions_of(postmaster, database);
  REQUIRE(before >= 5);
  REQUIRE(t.look.script("BEGIN; LOCK TABLE pg_catalog.pg_authid IN ACCESS EXCLUSIVE MODE")
              .has_value());  // no new session gets past it
  for (int pid : stopped) ::kill(pid, SIGSTOP);
  t.add();
  std::atomic<int> failed{0};
  for (int i = 0; i < 3; ++i) (*t.db)->read({&count_notes, {}}, [&](auto r) { failed += !r; });
  std::size_t most = before;
  REQUIRE(t.fixture.until(
      [&] { return (most = std::max(most, sessions_of(postmaster, database))) >= before + 4; }));
  // One more for each of the five.
  CHECK(!t.fixture.until([&] { return sessions_of(postmaster, database) > before + 5; }, 4s));
  CHECK(failed == 3);
  REQUIRE(t.look.script("ROLLBACK").has_value());
  for (int pid : stopped) ::kill(pid, SIGCONT);
  REQUIRE(t.answered(1));
  CHECK(t.last == commit_status::committed);
  REQUIRE(t.fixture.until([&] { return (*t.db)->available(); }));
  CHECK(read(**t.db, {&count_notes, {}}).has_value());
}

TEST_CASE(
    "A9: a batch makes no new version of its lane's row, and the rows of earlier batches do not "
    "pile up") {
  lane_under_test t;
  const std::string place = "SELECT ctid || ' ' || xmin FROM lane WHERE NOT fenced";
  const auto before = t.text(place);
  for (int i = 1; i <= 200; ++i) {
    t.add();
    REQUIRE(t.answered(i));
  }
  CHECK(t.text(place) == before);
  CHECK(t.text("SELECT value FROM counter") == "200");
  REQUIRE(t.fixture.until([&] { return t.text("SELECT count(*) <= 2 FROM lane_batch") == "t"; }));
  CHECK(
      t.text(
          "SELECT expires_at > clock_timestamp() FROM lane_batch ORDER BY batch_no DESC LIMIT 1") ==
      "t");
}

TEST_CASE(
    "A15: a lease does not outlive a suspension of the machine, during which the steady clock "
    "stands still") {
  lane_under_test t;
  auto& lane = (*t.db)->lane();
  t.add();
  REQUIRE(t.answered(1));
  const auto before = lane.lease_until();
  CHECK(before > std::chrono::steady_clock::now());
  t.suspended = std::chrono::nanoseconds(10s).count();
  CHECK(lane.lease_until() < std::chrono::steady_clock::now());
  CHECK(lane.lease_until() < before);
  const auto a_moment = std::chrono::milliseconds(2);  // more than what lease_holds may be late
  CHECK_FALSE(lane.lease_holds(std::chrono::steady_clock::now() + a_moment));
  t.add();
  REQUIRE(t.answered(2));
  CHECK(lane.lease_until() > std::chrono::steady_clock::now());
  CHECK(lane.lease_holds(std::chrono::steady_clock::now() + 2 * a_moment));
}

TEST_CASE("A15.5: the database's clock jumps forward, and a living lane keeps its shards") {
  lane_under_test t;
  std::atomic<std::int64_t> ahead{std::chrono::nanoseconds(10s).count()};
  auto options = t.made.options("another");
  options.suspended = [&] { return std::chrono::nanoseconds(ahead.load()); };
  open_handle other(t.fixture.io(), options);
  REQUIRE(claim(*other, 1)->empty());
  const auto id = boost::uuids::to_string(other->lane().id());
  // It has seen the database's clock by then.
  REQUIRE(t.fixture.until(
      [&] { return other->lane().lease_until() != std::chrono::steady_clock::time_point{}; }));
  // The other one's clock beside the database's: the same as a jump of the database's by 10 s.
  ahead = 0;
  const auto jump_and_claim = [&] {
    for (const std::string table : {"lane", "lane_batch"})
      REQUIRE(t.look
                  .script("UPDATE " + table +
                          " SET expires_at = now() - interval '7 s' WHERE lane_id <> '" + id + "'")
                  .has_value());
    const auto owned = claim(*other, 1);
    return owned ? owned->size() : 0;
  };
  // Not believed for two leases from the last time that was seen before it; a living lane has renewed its lease by then.
  const std::chrono::milliseconds lease(options.settings.lease_ms), renewed = lease / 3;
  const auto jumped = std::chrono::steady_clock::now();
  CHECK(t.unfenced());
  while (jump_and_claim() == 0) REQUIRE(std::chrono::steady_clock::now() < jumped + 60s);
  CHECK(std::chrono::steady_clock::now() - jumped > 2 * lease - 2 * renewed);
  REQUIRE(t.fixture.until([&] { return (*t.db)->lane().fenced(); }));
}
