// The contract against PostgreSQL, each case on a fresh database.
#include "storage/postgres/conninfo.hpp"
#include "tests/storage/database_contract.hpp"
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <doctest/doctest.h>
#include <boost/uuid/uuid_io.hpp>

#include <map>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;

namespace {

class postgres_world final : public contract_world {
 public:
  postgres_world() : made_(postgres_fixture::instance().fresh({{"sample", sample_migrations()}})) {}
  database& node(const std::string& name) override {
    auto at = nodes_.find(name);
    if (at == nodes_.end())
      at = nodes_.emplace(name, open_handle(postgres_fixture::instance().io(), made_.options(name)))
               .first;
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
    auto id = boost::uuids::to_string(node(name).lane().id());
    for (const char* table : {"lane", "lane_batch"})
      REQUIRE(db->run(std::string("UPDATE ") + table +
                          " SET expires_at = now() - interval '1 second' WHERE lane_id = $1",
                      {id})
                  .has_value());
  }

 private:
  fresh_database made_;
  std::map<std::string, open_handle> nodes_;
};

}  // namespace

TEST_CASE("PostgreSQL keeps the contract") {
  for (const auto& c : contract_cases()) {
    INFO(std::string(c.name));
    postgres_world world;
    c.run(world);
  }
}
