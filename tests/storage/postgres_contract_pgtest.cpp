// The contract against PostgreSQL, each case on a fresh database.
#include "storage/postgres/conninfo.hpp"
#include "tests/storage/database_contract.hpp"
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;

namespace {

class postgres_world final : public contract_world {
 public:
  explicit postgres_world(std::uint32_t lanes)
      : lanes_(lanes),
        made_(postgres_fixture::instance().fresh({{"sample", sample_migrations()}})) {}
  database& node(const std::string& name) override {
    auto at = nodes_.find(name);
    if (at != nodes_.end()) return *at->second;
    auto options = made_.options(name);
    options.settings.lanes = lanes_;
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

 private:
  const std::uint32_t lanes_;
  fresh_database made_;
  std::map<std::string, open_handle> nodes_;
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
