// The contract against PostgreSQL, each case on a fresh database.
#include "storage/postgres/conninfo.hpp"
#include "tests/storage/database_contract.hpp"
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;

namespace {

class postgres_world final : public contract_world {
 public:
  explicit postgres_world(std::uint32_t lanes, bool apart = false)
      : lanes_(lanes),
        apart_(apart),
        made_(postgres_fixture::instance().fresh({{"sample", sample_migrations()}})) {}
  database& node(const std::string& name) override {
    auto at = nodes_.find(name);
    if (at != nodes_.end()) return *at->second;
    auto options = made_.options(name);
    options.settings.lanes = lanes_;
    options.apart = apart_;
    at = nodes_.emplace(name, open_handle(postgres_fixture::instance().io(), options)).first;
    return *at->second;
  }
  void stop(const std::string& name) override { nodes_.at(name).close(); }
  // The answers are written by the storage thread, so they are looked at on it.
  bool until(const std::function<bool()>& done) override {
    return postgres_fixture::instance().until(done, std::chrono::seconds(20));
  }
  void expire(const std::string& name) override {
    auto db = blocking_connection::open(made_.admin_conninfo);
    REQUIRE(db.has_value());
    for (const std::string table : {"lane", "lane_batch"})
      REQUIRE(db->run("UPDATE " + table +
                          " SET expires_at = now() - interval '1 second' WHERE lane_id IN (SELECT "
                          "lane_id FROM lane WHERE node = $1)",
                      {name})
                  .has_value());
  }

  // It goes on without being asked, as a process that was stopped and goes on would.
  void restart(const std::string& name) override {
    ended_.push_back(std::move(nodes_.extract(name).mapped()));
  }

 private:
  const std::uint32_t lanes_;
  const bool apart_;
  fresh_database made_;
  std::map<std::string, open_handle> nodes_;
  std::vector<open_handle> ended_;
};

}  // namespace

TEST_CASE("PostgreSQL keeps the contract") {
  for (const auto& c : contract_cases()) {
    INFO(std::string(c.name));
    postgres_world world(1);
    c.run(world);
  }
}

TEST_CASE("C: with two lanes a node as well") {
  for (const auto& c : contract_cases()) {
    INFO(std::string(c.name));
    postgres_world world(2);
    c.run(world);
  }
}

TEST_CASE("lanes apart: each is claimed, lost and given back by itself") {
  for (const auto& c : apart_cases()) {
    INFO(std::string(c.name));
    postgres_world world(2, true);
    c.run(world);
  }
}
