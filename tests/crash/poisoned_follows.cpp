// See poisoned_follows.hpp.
#include "tests/crash/poisoned_follows.hpp"

#include "protocols/user/user.nova.hpp"
#include "storage/postgres/conninfo.hpp"
#include "tests/support/slowdown.hpp"

#include <chrono>
#include <set>
#include <sstream>

namespace nova::crash {

namespace {

using storage::blocking_connection;

constexpr auto cured_within = std::chrono::seconds(30 * test::slowdown);
constexpr const char* some_accounts =
    "SELECT string_agg(quote_literal(account_id), ', ') FROM (SELECT account_id FROM profile ORDER "
    "BY account_id LIMIT 4) x";
constexpr const char* antidote = "ALTER TABLE follow DROP CONSTRAINT IF EXISTS poison";

/// Whether content refuses an event: its second field, behind the follower, is the followed account.
std::string refuses(const std::string& accounts) {
  return "CASE WHEN type = " + std::to_string(user::followed_event().number) +
         " THEN convert_from(substr(payload, 41, 36), 'UTF8')::uuid IN (" + accounts +
         ") ELSE false END";
}

struct table_row {
  std::string shard;
  std::int64_t seq = 0;
  std::string status, key, refused;
};

bool read(const database_audit& audit, const std::string& domain, const std::string& from,
          std::vector<table_row>& out, std::string& why) {
  auto db = blocking_connection::open(audit.conninfo(domain, "postgres"));
  if (!db) return why = db.error().detail, false;
  const auto text =
      db->text("SELECT coalesce(string_agg(x, E'\\n'), '') FROM (SELECT " + from + ") q");
  if (!text) return why = text.error().detail, false;
  std::istringstream in(*text);
  for (table_row r; in >> r.shard >> r.seq >> r.status >> r.key >> r.refused;) out.push_back(r);
  return true;
}

bool carry_out(const database_audit& audit, const std::string& statement, std::string& why) {
  auto db = blocking_connection::open(audit.conninfo("content", "postgres"));
  if (!db) return why = db.error().detail, false;
  const auto done = db->script(statement);
  return done.has_value() || (why = done.error().detail, false);
}

bool letters(const database_audit& audit, const std::string& accounts, std::vector<table_row>& out,
             std::string& why) {
  return read(audit, "content",
              "source || '.' || source_shard || ' ' || seq || ' ' || status || ' ' || key || ' ' "
              "|| (" +
                  refuses(accounts) + ") AS x FROM dead_letter",
              out, why);
}

bool told(const database_audit& audit, const std::string& accounts, std::vector<table_row>& out,
          std::string& why) {
  return read(audit, "user",
              "'user.' || shard || ' ' || seq || ' told ' || key || ' ' || (" + refuses(accounts) +
                  ") AS x FROM outbox",
              out, why);
}

}  // namespace

bool poisoned_follows::begin(const database_audit& audit, std::string& why) {
  auto users = blocking_connection::open(audit.conninfo("user", "postgres"));
  if (!users) return why = users.error().detail, false;
  const auto some = users->text(some_accounts);
  if (!some) return why = some.error().detail, false;
  accounts_ = *some;
  const auto poison = "ALTER TABLE follow ADD CONSTRAINT poison CHECK (followed_id NOT IN (" +
                      accounts_ + ")) NOT VALID";
  std::vector<table_row> before;
  if (!carry_out(audit, poison, why) || !told(audit, accounts_, before, why)) return false;
  for (const auto& e : before) last_[e.shard] = std::max(last_[e.shard], e.seq);
  return true;
}

bool poisoned_follows::judge(const database_audit& audit, std::string& why) {
  std::vector<table_row> all, events;
  if (!letters(audit, accounts_, all, why) || !told(audit, accounts_, events, why)) return false;
  std::set<std::pair<std::string, std::int64_t>> kept;
  std::map<std::string, std::int64_t> dead;  // by key
  refused_ = behind_ = 0;
  for (const auto& l : all) {
    kept.emplace(l.shard, l.seq);
    if (l.status != "dead") continue;
    if (l.refused != "true")
      return why = "a dead letter that nothing refuses: " + l.shard + "." + std::to_string(l.seq),
             false;
    dead.emplace(l.shard + ' ' + l.key, l.seq);
  }
  for (const auto& l : all) {
    if (l.status == "dead") continue;
    const auto first = dead.find(l.shard + ' ' + l.key);
    if (first == dead.end() || first->second > l.seq)
      return why = "a letter that waits for none: " + l.shard + "." + std::to_string(l.seq), false;
    ++behind_;
  }
  for (const auto& e : events) {
    if (e.refused != "true" || e.seq <= last_[e.shard]) continue;
    ++refused_;
    if (!kept.contains({e.shard, e.seq}))
      return why = "a refused follow is no letter: " + e.shard + "." + std::to_string(e.seq), false;
  }
  return refused_ != 0 || (why = "no follow was refused", false);
}

bool poisoned_follows::cure(const database_audit& audit,
                            const std::function<void(const std::string&)>& retry,
                            std::string& why) const {
  if (!carry_out(audit, antidote, why)) return false;
  const auto until = std::chrono::steady_clock::now() + cured_within;
  do {
    std::vector<table_row> left;
    if (!letters(audit, accounts_, left, why)) return false;
    if (left.empty()) return true;
    for (const auto& l : left)
      if (l.status == "dead") retry("content." + l.shard + '.' + std::to_string(l.seq));
  } while (std::chrono::steady_clock::now() < until);
  return why = "letters are left behind their cure", false;
}

}  // namespace nova::crash
