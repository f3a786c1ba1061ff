// See database_audit.hpp.
#include "tests/crash/database_audit.hpp"

#include "actors/domain_modules.hpp"
#include "storage/postgres/conninfo.hpp"
#include "tests/support/event_streams.hpp"

#include <cctype>
#include <chrono>
#include <fstream>
#include <map>
#include <sstream>
#include <tuple>
#include <utility>

namespace nova::crash {

namespace {

using storage::blocking_connection;

std::vector<std::string> domains() {
  std::vector<std::string> names;
  for (const auto& m : domain_modules()) names.emplace_back(m.name);
  return names;
}

// Of a source without a consumer one nameless.
std::vector<std::string> consumers_of(const std::string& source) {
  static const auto streams = test::event_streams();
  std::vector<std::string> out;
  for (const auto& s : streams)
    if (s.source == source) out.push_back(s.consumer);
  if (out.empty()) out.emplace_back();
  return out;
}

// Readers with a backlog are waited for while they take events.
constexpr auto idle_readers_after = std::chrono::seconds(10);
constexpr auto waiting_within = std::chrono::seconds(5);

// A lane names itself in its session. Its own transaction has locked its row in `lane`, so what is seen here holds until the
// commit.
constexpr const char* trigger_sql = R"(
DROP SCHEMA IF EXISTS audit CASCADE;  -- of an earlier run on the same data
CREATE SCHEMA audit;
CREATE TABLE audit.stale_write (lane text, what text, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION audit.look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  session text := current_setting('application_name');
BEGIN
  IF session LIKE 'nova:%' AND NOT EXISTS
      (SELECT 1 FROM public.lane WHERE lane_id = substr(session, 6)::uuid AND NOT fenced) THEN
    INSERT INTO audit.stale_write (lane, what) VALUES (session, TG_OP || ' ' || TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $$;
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('lane', 'lane_batch', 'shard') LOOP
    EXECUTE format('CREATE TRIGGER audit_look AFTER INSERT OR UPDATE OR DELETE ON public.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION audit.look()', name);
  END LOOP;
END $$;
)";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.push_back(line);
  return out;
}

/// Adds all rows of a one-column query.
bool rows_of(blocking_connection& db, const std::string& column, const std::string& from,
             std::vector<std::string>& out, std::string& why) {
  const auto text =
      db.text("SELECT string_agg(x, E'\\n') FROM (SELECT " + column + " AS x FROM " + from + ") q");
  if (!text) {
    why = text.error().detail;
    return false;
  }
  for (auto& line : lines_of(*text)) out.push_back(std::move(line));
  return true;
}

bool ids_of(blocking_connection& db, const char* table, std::set<std::string>& out,
            std::string& why) {
  std::vector<std::string> rows;
  if (!rows_of(db, "account_id::text", table, rows, why)) return false;
  out = {rows.begin(), rows.end()};
  return true;
}

/// The tables of follows, by domain, and the counts that user keeps of them.
struct follow_table {
  std::string_view domain;
  const char* name;
  const char* pair;
  const char* from;
};
constexpr follow_table follow_tables[] = {
    {"user", "user.follow", "account_id || '>' || target_id", "follow WHERE NOT requested"},
    {"user", "user.follower", "follower_id || '>' || account_id", "follower WHERE NOT requested"},
    {"messaging", "messaging.follow", "account_id || '>' || followed_id", "follow"},
    {"content", "content.follow", "account_id || '>' || followed_id", "follow"},
    {"feed", "feed.follow", "account_id || '>' || author_id", "follow"},
};
constexpr const char* tallies =
    "(SELECT t.account_id, t.followers, t.following, "
    "(SELECT count(*) FROM follower f WHERE f.account_id = t.account_id AND NOT f.requested) AS a, "
    "(SELECT count(*) FROM follow f WHERE f.account_id = t.account_id AND NOT f.requested) AS b "
    "FROM tally t) x WHERE followers <> a OR following <> b";

bool effects_of(blocking_connection& db, const std::string& domain, database_record& into,
                std::string& why) {
  for (const auto& t : follow_tables) {
    if (t.domain != domain) continue;
    std::vector<std::string> rows;
    if (!rows_of(db, t.pair, t.from, rows, why)) return false;
    into.follows[t.name] = {rows.begin(), rows.end()};
  }
  return domain != "user" ||
         rows_of(
             db,
             "'user.tally of ' || account_id || ': ' || followers || ' and ' || following || ', "
             "not ' || a || ' and ' || b",
             tallies, into.wrong_counts, why);
}

bool drained(const database_record& r) {
  for (const auto& s : r.streams)
    if (!s.consumer.empty() && s.offset != s.head) return false;
  return true;
}

std::int64_t taken(const database_record& r) {
  std::int64_t sum = 0;
  for (const auto& s : r.streams) sum += s.consumer.empty() ? 0 : s.offset;
  return sum;
}

}  // namespace

std::string database_audit::conninfo(const std::string& domain, const std::string& role) const {
  if (administrator_) return administrator_("nova_" + domain);
  std::ifstream postmaster(data_ + "/postgres/postmaster.pid"),
      secrets(data_ + "/postgres.secrets");
  std::string line, folder, password;
  for (int n = 1; n <= 5 && std::getline(postmaster, line); ++n) folder = line;
  for (std::string name, secret; secrets >> name >> secret;)
    if (name == role) password = secret;
  return "host=" + folder + " port=5432 user=" + role + " password=" + password + " dbname=nova_" +
         domain;
}

std::vector<std::pair<std::string, std::string>> database_audit::settings_for_another() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& d : domains()) {
    std::string variable = d;
    for (auto& c : variable) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    out.emplace_back("NOVA_STORAGE__DSN__" + variable, conninfo(d, "nova_" + d));
  }
  return out;
}

bool database_audit::install(std::string& why) const {
  for (const auto& d : domains()) {
    auto db = blocking_connection::open(conninfo(d, "postgres"));
    if (!db) return why = db.error().detail, false;
    if (auto done = db->script(trigger_sql); !done) return why = done.error().detail, false;
  }
  return true;
}

std::shared_ptr<void> database_audit::lock_members(std::string& why) const {
  auto db = blocking_connection::open(conninfo("messaging", "postgres"));
  if (!db) return why = db.error().detail, nullptr;
  auto held = std::make_shared<blocking_connection>(std::move(*db));
  const auto locked = held->script(
      "BEGIN; SELECT FROM member WHERE marked_at IS NOT NULL ORDER BY marked_at DESC LIMIT 5 FOR "
      "UPDATE");
  if (!locked) return why = locked.error().detail, nullptr;
  return held;
}

bool database_audit::wait_for_standby(const std::string& name, std::string& why) const {
  auto db = blocking_connection::open(conninfo("messaging", "postgres"));
  if (!db) return why = db.error().detail, false;
  for (const auto& sql : {"ALTER SYSTEM SET synchronous_standby_names = '" + name + "'",
                          std::string("SELECT pg_reload_conf()")})
    if (auto done = db->script(sql); !done) return why = done.error().detail, false;
  return true;
}

bool database_audit::end_waiting_commits(std::string& why) const {
  auto db = blocking_connection::open(conninfo("messaging", "postgres"));
  if (!db) return why = db.error().detail, false;
  const auto until = std::chrono::steady_clock::now() + waiting_within;
  do {
    const auto ended = db->text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
        "'nova_messaging' AND wait_event = 'SyncRep' AND application_name LIKE 'nova:%'");
    if (!ended) return why = ended.error().detail, false;
    if (*ended != "0") return true;
  } while (std::chrono::steady_clock::now() < until);
  return why = "no commit waits for a standby", false;
}

bool database_audit::read_once(database_record& into, std::string& why) const {
  into = {};
  // Applied when all streams are known: a domain may take events of one that comes after it in the list.
  std::map<std::tuple<std::string, std::string, std::int64_t>, std::int64_t> offsets;
  for (const auto& d : domains()) {
    auto db = blocking_connection::open(conninfo(d, "postgres"));
    if (!db) return why = db.error().detail, false;
    std::vector<std::string> rows;
    const std::string prefix = "'" + d + ": '";
    if (!rows_of(*db, prefix + " || what || ' by ' || lane || ' at ' || at", "audit.stale_write",
                 into.stale_writes, why))
      return false;
    if (!rows_of(*db, prefix + " || source || '/' || source_shard || '/' || seq || ' ' || reason",
                 "dead_letter", into.dead_letters, why))
      return false;
    rows.clear();
    if (!rows_of(*db, "shard || ' ' || min(seq) || ' ' || max(seq) || ' ' || count(*)",
                 "outbox GROUP BY shard", rows, why))
      return false;
    for (const auto& row : rows) {
      for (auto& consumer : consumers_of(d)) {
        stream_record s{.source = d, .consumer = std::move(consumer)};
        std::istringstream(row) >> s.shard >> s.first >> s.head >> s.count;
        into.streams.push_back(std::move(s));
      }
    }
    rows.clear();
    if (!rows_of(*db, "source || ' ' || source_shard || ' ' || seq", "intake_offset", rows, why))
      return false;
    for (const auto& row : rows) {
      std::string source;
      std::int64_t shard = 0, seq = 0;
      std::istringstream(row) >> source >> shard >> seq;
      offsets[{source, d, shard}] = seq;
    }
    if (!effects_of(*db, d, into, why)) return false;
    if (d == "auth" && !ids_of(*db, "account", into.accounts, why)) return false;
    if (d == "user" && !ids_of(*db, "profile", into.profiles, why)) return false;
    if (d == "messaging" && !ids_of(*db, "person", into.persons, why)) return false;
  }
  for (auto& s : into.streams) s.offset = offsets[{s.source, s.consumer, s.shard}];
  return true;
}

std::int64_t database_audit::events(std::string& why) const {
  std::int64_t sum = 0;
  for (const auto& d : domains()) {
    auto db = blocking_connection::open(conninfo(d, "postgres"));
    const auto n = db ? db->text(
                            "SELECT coalesce(sum(m), 0) FROM (SELECT max(seq) AS m FROM outbox "
                            "GROUP BY shard) x")
                      : result<std::string>(db.error());
    if (!n) return why = n.error().detail, -1;
    sum += std::stoll(*n);
  }
  return sum;
}

bool database_audit::read(database_record& into, std::string& why) const {
  using clock = std::chrono::steady_clock;
  auto until = clock::now() + idle_readers_after;
  std::int64_t before = -1;
  do {
    if (!read_once(into, why)) return false;
    if (const auto now = taken(into); std::exchange(before, now) != now)
      until = clock::now() + idle_readers_after;
  } while (!drained(into) && clock::now() < until);
  return true;
}

}  // namespace nova::crash
