#include "storage/postgres/server_check.hpp"

#include "storage/postgres/conninfo.hpp"

#include <libpq-fe.h>

#include <regex>
#include <span>

namespace nova::storage {
namespace {

constexpr int look_timeout_s = 2;

struct role_rule {
  const char* sql;  ///< true: bad
  const char* finding;
};

// Asked as the run-time role; %ROLE% and %DB% in a finding are filled in.
constexpr role_rule role_rules[] = {
    {"SELECT rolsuper FROM pg_roles WHERE rolname = current_user",
     "role %ROLE% is a superuser: use the run-time role that `nova databases` makes"},
    {"SELECT rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles WHERE "
     "rolname = current_user",
     "role %ROLE% has cluster privileges: ALTER ROLE %ROLE% NOCREATEDB NOCREATEROLE NOREPLICATION "
     "NOBYPASSRLS"},
    {"SELECT has_schema_privilege('public', 'CREATE')",
     "role %ROLE% may create tables in %DB%: REVOKE CREATE ON SCHEMA public FROM PUBLIC, %ROLE%"},
    {"SELECT has_database_privilege(current_database(), 'CREATE')",
     "role %ROLE% may create schemas in %DB%: REVOKE CREATE ON DATABASE %DB% FROM PUBLIC, %ROLE%"},
    {"SELECT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND "
     "relkind IN ('r', 'p') "
     "AND relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user))",
     "role %ROLE% owns tables of %DB%: let another role own them and run migrations as that one "
     "(owner_dsn)"},
    {"SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname <> current_database() AND NOT "
     "datistemplate "
     "AND datallowconn AND has_database_privilege(oid, 'CONNECT') AND datname LIKE 'nova%')",
     "role %ROLE% may connect to another Nova database: REVOKE CONNECT ON DATABASE … FROM PUBLIC, "
     "%ROLE%; then GRANT CONNECT "
     "on it to its own role, as `nova databases` prints"},
    {"SELECT has_database_privilege('public', current_database(), 'CONNECT')",
     "every role may connect to %DB%: REVOKE CONNECT ON DATABASE %DB% FROM PUBLIC; GRANT CONNECT "
     "ON DATABASE %DB% TO %ROLE%"},
    {"SELECT EXISTS (SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE "
     "r.rolname = current_user)",
     "role %ROLE% is a member of other roles: REVOKE them; it needs DML on its own tables only"},
};

std::string filled(std::string text, const std::string& role, const std::string& database) {
  auto replace = [&](const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  };
  replace("%ROLE%", role);
  replace("%DB%", database);
  return text;
}

bool holds(blocking_connection& db, const std::string& sql) {
  const auto answer = db.text(sql);
  return answer && *answer == "t";
}

/// `server`: before the name, if several are looked at.
void check_settings(blocking_connection& db, std::vector<std::string>& out,
                    const std::string& server) {
  for (const auto& [setting, why] :
       {std::pair{"synchronous_commit", "an answered write could be lost in a crash"},
        {"fsync", "the whole database could be lost in a crash"},
        {"full_page_writes", "pages could be torn in a crash"}}) {
    const std::string name = setting;
    auto value = db.text("SELECT current_setting('" + name + "')");
    if (!value || *value != "on")
      out.push_back(server + name + " is " + (value ? *value : "unknown") + ": " + why + "; set " +
                    name + " = on in postgresql.conf and reload");
  }
}

/// How many standbys a commit waits for, by this value of synchronous_standby_names.
std::size_t standbys_of_a_commit(const std::string& names) {
  static const std::regex counted(R"(^\s*(?:first\s+|any\s+)?(\d{1,4})\s*\()", std::regex::icase);
  if (names.empty()) return 0;
  std::smatch found;
  return std::regex_search(names, found, counted) ? std::stoul(found[1]) : 1;
}

// Several servers are named, so that one takes over from the other.
void check_take_over(blocking_connection& db, std::vector<std::string>& out,
                     const std::string& conninfo) {
  const auto words = parse_conninfo(conninfo, {});
  if (!words || host_count(*words) < 2) return;
  const auto standbys = db.text("SELECT current_setting('synchronous_standby_names')");
  if (standbys && !standbys->empty()) return;
  out.push_back(
      "the connection string names several hosts, but synchronous_standby_names is empty: a "
      "standby that takes over could lack answered writes; set synchronous_standby_names");
}

// Patroni starts its servers with a cluster_name on their command line. It promotes no standby that commits have not waited for.
void check_candidates(blocking_connection& db, std::vector<std::string>& out, std::size_t hosts) {
  const auto names = db.text("SELECT current_setting('synchronous_standby_names')");
  const auto awaited = names ? standbys_of_a_commit(*names) : 0;
  if (awaited == 0 || awaited + 1 >= hosts) return;  // check_take_over says so
  if (holds(db,
            "SELECT source = 'command line' FROM pg_settings WHERE name = 'cluster_name' AND "
            "setting <> ''"))
    return;
  out.push_back("the connection string names " + std::to_string(hosts) +
                " hosts, but a commit waits for " + std::to_string(awaited) +
                " standby only: another one that takes over could lack answered writes; set "
                "synchronous_standby_names = 'FIRST " +
                std::to_string(hosts - 1) +
                " (…)' with all standbys, leave the others out of the connection string, or let "
                "Patroni choose which one takes over");
}

// Asked as the owner role.
constexpr role_rule owner_rules[] = {
    {"SELECT rolsuper FROM pg_roles WHERE rolname = current_user",
     "owner_dsn names the superuser %ROLE%, which would own Nova's tables: use the owner role that "
     "`nova databases` makes"},
    {"SELECT NOT has_schema_privilege('public', 'CREATE')",
     "owner role %ROLE% may not create tables in %DB%: GRANT USAGE, CREATE ON SCHEMA public TO "
     "%ROLE%"},
};

void ask(blocking_connection& db, std::span<const role_rule> rules, std::vector<std::string>& out) {
  auto role = db.text("SELECT quote_ident(current_user)");
  auto database = db.text("SELECT quote_ident(current_database())");
  for (const auto& rule : rules) {
    auto bad = db.text(rule.sql);
    if (!bad) out.push_back("a privilege could not be checked: " + bad.error().detail);
    else if (*bad == "t")
      out.push_back(filled(rule.finding, role ? *role : "", database ? *database : ""));
  }
}

std::string identity(blocking_connection& db, const char* what) {
  auto text = db.text(what);
  return text ? *text : text.error().detail;
}

}  // namespace

std::vector<std::string> check_owner(const std::string& owner_conninfo,
                                     const std::string& conninfo) {
  std::vector<std::string> out;
  auto owner = blocking_connection::open_read_only(owner_conninfo);
  if (!owner) return {"owner_dsn: cannot connect: " + owner.error().detail};
  ask(*owner, owner_rules, out);
  auto runtime = blocking_connection::open_read_only(conninfo);
  if (!runtime) return out;  // check_server says so
  if (identity(*owner, "SELECT current_database()") !=
      identity(*runtime, "SELECT current_database()"))
    out.push_back("dsn and owner_dsn name different databases: both must name the domain's own");
  if (identity(*owner, "SELECT current_user") == identity(*runtime, "SELECT current_user"))
    out.push_back(
        "dsn and owner_dsn name the same role: the run-time role must not own tables; see `nova "
        "databases`");
  return out;
}

std::vector<std::string> check_standbys(const std::string& conninfo) {
  std::vector<std::string> out;
  const auto words = parse_conninfo(conninfo, {{"target_session_attrs", "any"}});
  if (!words) return out;  // check_server says so
  const auto hosts = host_count(*words);
  if (hosts > 1)
    if (auto primary = blocking_connection::open_read_only(conninfo))
      check_candidates(*primary, out, hosts);
  for (std::size_t i = 0; hosts > 1 && i < hosts; ++i) {
    auto db =
        blocking_connection::open_read_only(to_conninfo(only_host(*words, i)), look_timeout_s);
    if (!db || !holds(*db, "SELECT pg_is_in_recovery()")) continue;
    check_settings(*db, out, "the standby " + std::string(PQhost(db->raw())) + ": ");
  }
  return out;
}

std::vector<std::string> unused_standbys(const std::string& conninfo) {
  const auto words = parse_conninfo(conninfo, {});
  if (!words || host_count(*words) > 1) return {};
  auto db = blocking_connection::open_read_only(conninfo);
  if (!db) return {};
  if (!holds(*db,
             "SELECT current_setting('synchronous_standby_names') = '' AND EXISTS (SELECT 1 FROM "
             "pg_replication_slots WHERE slot_type = 'physical' AND active AND NOT temporary)"))
    return {};
  return {
      "a standby follows this server, and synchronous_standby_names is empty: if the standby ever "
      "takes over, answered writes could be missing; set synchronous_standby_names, or never "
      "promote it"};
}

std::vector<std::string> check_server(const std::string& conninfo) {
  std::vector<std::string> out;
  auto db = blocking_connection::open_read_only(conninfo);
  if (!db) {
    out.push_back("cannot connect: " + db.error().detail +
                  "; check the connection string and that the server runs");
    return out;
  }
  if (int version = PQserverVersion(db->raw()); version < 150000)
    out.push_back("PostgreSQL is version " + std::to_string(version / 10000) +
                  ": install 15 or newer");
  check_settings(*db, out, "");
  check_take_over(*db, out, conninfo);
  auto encoding = db->text(
      "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()");
  if (!encoding || *encoding != "UTF8")
    out.push_back(
        "the database's encoding is not UTF8: create it with ENCODING 'UTF8' TEMPLATE template0");
  ask(*db, role_rules, out);
  return out;
}

}  // namespace nova::storage
