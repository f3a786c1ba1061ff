// Roles, migrations and the checks of `nova doctor`, against the embedded server.
#include "storage/postgres/conninfo.hpp"
#include "storage/postgres/server_check.hpp"
#include "storage/runtime/migrations.hpp"
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <doctest/doctest.h>

#include <future>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;

namespace {

bool runs(const std::string& conninfo, const std::string& sql) {
  auto db = blocking_connection::open(conninfo);
  REQUIRE(db.has_value());
  return db->run(sql).has_value();
}

bool finds(const std::vector<std::string>& findings, const std::string& text) {
  for (const auto& f : findings)
    if (f.find(text) != std::string::npos) return true;
  return false;
}

std::string with(const std::string& conninfo, const keywords& words) {
  return to_conninfo(*parse_conninfo(conninfo, words));
}

}  // namespace

TEST_CASE("no role reads or even enters another's database, nor the server's own") {
  auto& fixture = postgres_fixture::instance();
  auto a = fixture.fresh(), b = fixture.fresh();
  REQUIRE(blocking_connection::open(a.conninfo).has_value());
  for (const auto* own : {&a.conninfo, &a.owner_conninfo})
    for (const auto& other :
         {"nova_" + b.domain, std::string("postgres"), std::string("template1")}) {
      auto tried = blocking_connection::open(with(*own, {{"dbname", other}}));
      REQUIRE(!tried.has_value());
      CHECK(tried.error().detail.find("permission denied") != std::string::npos);
    }
}

TEST_CASE("a domain's role has DML on its tables and nothing else") {
  auto made = postgres_fixture::instance().fresh({{"sample", sample_migrations()}});
  CHECK(runs(made.conninfo, "INSERT INTO counter VALUES ('a', 1)"));
  CHECK(runs(made.conninfo, "DELETE FROM counter"));
  for (const char* forbidden :
       {"CREATE TABLE t (x int)", "DROP TABLE counter", "TRUNCATE counter",
        "ALTER TABLE counter ADD COLUMN y int", "CREATE SCHEMA s", "CREATE TEMP TABLE t (x int)",
        "DELETE FROM schema_migration", "SELECT pg_read_file('/etc/passwd')",
        "COPY counter TO PROGRAM 'true'", "SELECT rolpassword FROM pg_authid", "SET ROLE postgres",
        "CREATE ROLE r", "CREATE EXTENSION dblink"}) {
    CAPTURE(forbidden);
    CHECK(!runs(made.conninfo, forbidden));
  }
}

TEST_CASE("the embedded server passes its own checks") {
  auto made = postgres_fixture::instance().fresh({{"sample", sample_migrations()}});
  auto findings = check_server(made.conninfo);
  for (const auto& f : findings) MESSAGE(f);
  CHECK(findings.empty());
}

TEST_CASE("weaker servers and stronger roles are refused, each with what to change") {
  auto made = postgres_fixture::instance().fresh({{"sample", sample_migrations()}});
  auto weak = check_server(with(made.conninfo, {{"options", "-c synchronous_commit=off"}}));
  CHECK(finds(weak, "synchronous_commit"));
  CHECK(finds(weak, "set synchronous_commit = on"));
  CHECK(finds(check_server(made.admin_conninfo), "superuser"));
  CHECK(finds(check_server(made.owner_conninfo), "owner_dsn"));
  CHECK(finds(check_server(with(made.conninfo, {{"password", "wrong"}})), "cannot connect"));
  REQUIRE(runs(made.admin_conninfo, "GRANT CREATE ON SCHEMA public TO nova_" + made.domain));
  CHECK(finds(check_server(made.conninfo), "REVOKE CREATE"));
  REQUIRE(
      runs(made.admin_conninfo, "GRANT CONNECT ON DATABASE nova_" + made.domain + " TO PUBLIC"));
  CHECK(finds(check_server(made.conninfo), "every role may connect"));
}

TEST_CASE(
    "a server that could lose an acknowledged commit or a lease is refused, with what to change") {
  auto& fixture = postgres_fixture::instance();
  auto made = fixture.fresh({{"sample", sample_migrations()}});
  for (const std::string value : {"off", "local"}) {
    CAPTURE(value);
    const auto found =
        check_server(with(made.conninfo, {{"options", "-c synchronous_commit=" + value}}));
    CHECK(finds(found, "synchronous_commit is " + value));
    CHECK(finds(found, "set synchronous_commit = on"));
  }
  // Two servers are named, so that the second one takes over.
  const auto words = parse_conninfo(made.conninfo, {});
  auto both = *words;
  for (auto& [name, value] : both)
    if (name == "host") value += "," + value;
  CHECK(finds(check_server(to_conninfo(both)), "set synchronous_standby_names"));
  CHECK_FALSE(finds(check_server(made.conninfo), "synchronous_standby_names"));
  auto admin = blocking_connection::open(made.admin_conninfo);
  REQUIRE(admin.has_value());
  const auto commits_wait_for = [&](const std::string& name) {
    REQUIRE(admin->run("ALTER SYSTEM SET synchronous_standby_names = '" + name + "'").has_value());
    REQUIRE(admin->run("SELECT pg_reload_conf()").has_value());
    REQUIRE(fixture.until([&] {  // new sessions know it
      auto db = blocking_connection::open(made.conninfo);
      return db && *db->text("SELECT current_setting('synchronous_standby_names')") == name;
    }));
  };
  commits_wait_for("second");
  CHECK_FALSE(finds(check_server(to_conninfo(both)), "synchronous_standby_names"));
  commits_wait_for("");
}

TEST_CASE(
    "A15.3: a table that an administrator makes in public neither stops migrations nor becomes "
    "Nova's") {
  auto made = postgres_fixture::instance().fresh({{"sample", sample_migrations()}});
  REQUIRE(runs(made.admin_conninfo, "CREATE TABLE public.seed_p (x int)"));
  migration_set sets[] = {{"runtime", runtime_migrations()}, {"sample", sample_migrations()}};
  auto again = migrate(made.owner_conninfo, role_of(made.conninfo), sets);
  REQUIRE_MESSAGE(again.has_value(), again.error().detail);
  CHECK(!runs(made.conninfo, "SELECT * FROM seed_p"));
  CHECK(runs(made.conninfo, "SELECT * FROM counter"));
}

TEST_CASE("O: owner roles are checked before anything is made for them") {
  auto made = postgres_fixture::instance().bare();
  CHECK(check_owner(made.owner_conninfo, made.conninfo).empty());
  CHECK(finds(check_owner(made.admin_conninfo, made.conninfo), "superuser"));
  CHECK(finds(check_owner(made.conninfo, made.conninfo), "the same role"));
  auto other = postgres_fixture::instance().bare();
  CHECK(finds(check_owner(other.owner_conninfo, made.conninfo), "different databases"));
  REQUIRE(runs(made.admin_conninfo,
               "REVOKE CREATE ON SCHEMA public FROM nova_" + made.domain + "_owner"));
  CHECK(finds(check_owner(made.owner_conninfo, made.conninfo), "may not create tables"));
}

TEST_CASE("O: pending migrations are told by a session that cannot write") {
  auto made = postgres_fixture::instance().bare();
  migration_set sets[] = {{"runtime", runtime_migrations()}, {"sample", sample_migrations()}};
  auto before = look_at_migrations(made.owner_conninfo, sets);
  REQUIRE(before.has_value());
  CHECK(before->applied.empty());
  CHECK(before->outstanding.size() == runtime_migrations().size() + 1);
  CHECK(!runs(made.admin_conninfo, "SELECT * FROM schema_migration"));
  auto looking = blocking_connection::open_read_only(made.owner_conninfo);
  REQUIRE(looking.has_value());
  CHECK(!looking->run("CREATE TABLE x (y int)").has_value());
  REQUIRE(migrate(made.owner_conninfo, role_of(made.conninfo), sets).has_value());
  CHECK(look_at_migrations(made.conninfo, sets)->outstanding.empty());
}

TEST_CASE("migrations are applied once, in order, each whole") {
  auto made = postgres_fixture::instance().bare();
  auto role = role_of(made.conninfo);
  CHECK(role == embedded_postgres::runtime_role(made.domain));
  migration one[] = {{1, "0001_a", "CREATE TABLE a (x int); INSERT INTO a VALUES (1)"}};
  migration two[] = {one[0], {2, "0002_b", "INSERT INTO a VALUES (2); CREATE TABLE b (x int)"}};
  migration broken[] = {
      two[0], two[1], {3, "0003_c", "INSERT INTO a VALUES (3); CREATE TABLE b (x int)"}};
  auto apply = [&](std::span<const migration> list) {
    migration_set set{"part", list};
    return migrate(made.owner_conninfo, role, {&set, 1});
  };
  auto first = apply(one);
  REQUIRE(first.has_value());
  CHECK(*first == std::vector<std::string>{"part/0001_a"});
  CHECK(apply(one)->empty());
  CHECK(*apply(two) == std::vector<std::string>{"part/0002_b"});
  CHECK(runs(made.conninfo, "SELECT * FROM b"));
  CHECK(apply(one).has_value());  // the older binary beside the newer schema

  auto failed = apply(broken);
  REQUIRE(!failed.has_value());
  CHECK(failed.error().detail.find("0003_c") != std::string::npos);
  auto look = blocking_connection::open(made.admin_conninfo);
  CHECK(*look->text("SELECT count(*) FROM a") == "2");

  migration changed[] = {{1, "0001_a", "CREATE TABLE a (x bigint)"}, two[1]};
  auto refused = apply(changed);
  REQUIRE(!refused.has_value());
  CHECK(refused.error().detail.find("was changed after it had been applied") != std::string::npos);
  migration gap[] = {one[0], {3, "0003_c", "SELECT 1"}};
  CHECK(apply(gap).error().detail.find("migration 2 is missing") != std::string::npos);
  REQUIRE(look->run("DELETE FROM schema_migration WHERE number = 1").has_value());
  CHECK(apply(two).error().detail.find("gaps") != std::string::npos);
}

TEST_CASE("processes that migrate at the same time wait for each other") {
  auto made = postgres_fixture::instance().bare();
  migration_set sets[] = {{"runtime", runtime_migrations()}, {"sample", sample_migrations()}};
  std::vector<std::future<result<std::vector<std::string>>>> runs;
  for (int i = 0; i < 4; ++i)
    runs.push_back(std::async(std::launch::async, [&] {
      return migrate(made.owner_conninfo, embedded_postgres::runtime_role(made.domain), sets);
    }));
  std::size_t applied = 0;
  for (auto& r : runs) {
    auto names = r.get();
    REQUIRE_MESSAGE(names.has_value(), names.error().detail);
    applied += names->size();
  }
  CHECK(applied == runtime_migrations().size() + 1);
}
