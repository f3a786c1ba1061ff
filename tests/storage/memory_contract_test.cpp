// The contract against the database in memory, and what only that one has: injected faults.
#include "storage/memory/memory_database.hpp"
#include "tests/storage/database_contract.hpp"
#include "tests/storage/sample_schema.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;

namespace {

void add_sample(memory_store& s) {
  s.add_table("note", {0},
              {{"note_room_seq_key", {1, 2}}, {"note_room_author_client_id_key", {1, 3, 4}}});
  s.add_table("counter", {0});
  s.on("sample.insert_note", [](memory_store& m, const memory_row& p) {
    m.table("note").insert(p);
    return memory_result{{}, 1};
  });
  s.on("sample.put_counter", [](memory_store& m, const memory_row& p) {
    m.table("counter").put(p);
    return memory_result{{}, 1};
  });
  s.on("sample.insert_counter", [](memory_store& m, const memory_row& p) {
    m.table("counter").insert(p);
    return memory_result{{}, 1};
  });
  s.on("sample.add_counter", [](memory_store& m, const memory_row& p) {
    const auto* row = m.table("counter").find({p[0]});
    if (!row) return memory_result{};
    m.table("counter").put(
        {p[0], std::get<std::int64_t>((*row)[1]) + std::get<std::int64_t>(p[1])});
    return memory_result{{}, 1};
  });
  s.on("sample.delete_counter", [](memory_store& m, const memory_row& p) {
    return memory_result{{}, static_cast<std::size_t>(m.table("counter").erase({p[0]}))};
  });
  s.on("sample.divide", [](memory_store& m, const memory_row& p) {
    auto by = std::get<std::int64_t>(p[0]);
    if (by == 0) throw memory_refusal{"division by zero"};
    auto copy = m.table("counter").rows();
    for (const auto& [key, row] : copy)
      m.table("counter").put({row[0], std::get<std::int64_t>(row[1]) / by});
    return memory_result{{}, copy.size()};
  });
  s.on("sample.read_counter", [](memory_store& m, const memory_row& p) {
    const auto* row = m.table("counter").find({p[0]});
    return row ? memory_result{make_rows(1, {{(*row)[1]}}), 1} : memory_result{};
  });
  s.on("sample.count_notes", [](memory_store& m, const memory_row&) {
    return memory_result{make_rows(1, {{static_cast<std::int64_t>(m.table("note").rows().size())}}),
                         1};
  });
}

class memory_world final : public contract_world {
 public:
  explicit memory_world(std::uint32_t lanes = 1, bool apart = false)
      : lanes_(lanes), apart_(apart) {
    add_sample(store);
    store.now = [this] { return wall; };
  }
  database& node(const std::string& name) override { return at(name); }
  void stop(const std::string& name) override {
    bool stopped = false;
    at(name).stop([&] { stopped = true; });
    until([&] { return stopped; });
    CHECK(stopped);
  }
  bool until(const std::function<bool()>& done) override {
    for (int i = 0; i < 10'000 && !done(); ++i) {
      bool ran = false;
      for (auto& [name, db] : nodes) ran |= db->run_one();
      if (!ran) clock += std::chrono::milliseconds(100);
    }
    return done();
  }
  void expire(const std::string& name) override {
    for (auto& [id, row] : store.lanes)
      if (row.node == name) row.expires_at = wall - 1;
  }

  void restart(const std::string& name) override {
    ended.push_back(std::move(nodes.extract(name).mapped()));
  }

  memory_database& at(const std::string& name) {
    auto& db = nodes[name];
    if (!db) {
      memory_options o;
      o.node = name;
      o.now = [this] { return clock; };
      o.settings.lanes = lanes_;
      o.apart = apart_;
      db = std::make_unique<memory_database>(store, o);
    }
    return *db;
  }

  memory_store store;
  unix_ms wall = 1'700'000'000'000;
  std::chrono::steady_clock::time_point clock{std::chrono::hours(1)};
  std::map<std::string, std::unique_ptr<memory_database>> nodes;
  std::vector<std::unique_ptr<memory_database>> ended;

 private:
  const std::uint32_t lanes_;
  const bool apart_;
};

struct memory_node {
  explicit memory_node(std::uint32_t lanes = 1) : world(lanes) {
    db.claim_shards(shards, [this](auto r) { owned = r ? r->size() : 0; });
    db.run_all();
  }
  bool append(std::vector<statement> statements, std::uint32_t shard = 0) {
    return db.lane(shard).append(
        {shard + 1, shard, std::move(statements), {{1, "k", "p"}}, [this](const commit_outcome& o) {
           statuses.push_back(o.status);
         }});
  }
  std::size_t notes() { return world.store.table("note").rows().size(); }

  static constexpr std::uint32_t shards = 6;
  memory_world world;
  memory_database& db = world.at("a");
  std::size_t owned = 0;
  std::vector<commit_status> statuses;
};

}  // namespace

TEST_CASE("lanes apart in memory: each is claimed, lost and given back by itself") {
  for (const auto& c : apart_cases()) {
    INFO(std::string(c.name));
    memory_world world(2, true);
    c.run(world);
  }
}

TEST_CASE("the database in memory keeps the contract") {
  for (const auto& c : contract_cases()) {
    INFO(std::string(c.name));
    memory_world world;
    c.run(world);
  }
}

TEST_CASE("C: with three lanes a node as well") {
  for (const auto& c : contract_cases()) {
    INFO(std::string(c.name));
    memory_world world(3);
    c.run(world);
  }
}

TEST_CASE("a batch whose connection was lost before it is sent again, once") {
  memory_node n;
  n.db.inject(commit_fault::lose_before);
  n.append({note(1, 1)});
  n.db.run_all();
  CHECK(n.statuses == std::vector{commit_status::committed});
  CHECK(n.world.store.table("note").rows().size() == 1);
}

TEST_CASE("a commit whose reply was lost is acknowledged by its number and not doubled") {
  memory_node n;
  n.db.inject(commit_fault::lose_reply);
  n.append({note(1, 1)});
  while (n.world.store.table("note").rows().empty()) REQUIRE(n.db.run_one());
  CHECK(n.statuses.empty());
  CHECK(!n.db.lane().accepting());
  n.db.run_all();
  CHECK(n.statuses == std::vector{commit_status::committed});
  CHECK(n.world.store.table("note").rows().size() == 1);
  CHECK(n.world.store.last_event(0) == 1);
}

TEST_CASE("a passing failure delays only") {
  memory_node n;
  n.db.inject(commit_fault::fail);
  n.append({note(1, 1)});
  n.db.run_all();
  CHECK(n.statuses == std::vector{commit_status::committed});
}

TEST_CASE("an absent database takes no new units and writes the accepted ones later") {
  memory_node n;
  n.append({note(1, 1)});
  n.db.set_away(true);
  n.db.run_all();
  CHECK(n.statuses.empty());
  CHECK(!n.append({note(1, 2)}));
  n.db.set_away(false);
  n.db.run_all();
  CHECK(n.statuses == std::vector{commit_status::committed});
}

TEST_CASE("a unit that was sent before the take-over and arrives after it writes nothing") {
  memory_node n;
  n.db.hold_commits(true);
  n.append({note(1, 1)});
  n.db.run_all();
  n.world.expire("a");
  std::size_t taken = 0;
  n.world.at("b").claim_shards(memory_node::shards, [&](auto r) { taken = r ? r->size() : 0; });
  n.world.at("b").run_all();
  CHECK(taken == memory_node::shards);
  n.db.hold_commits(false);
  n.db.run_all();
  CHECK(n.statuses == std::vector{commit_status::fenced});
  CHECK(n.world.store.table("note").rows().empty());
  CHECK(n.db.lane().fenced());
}

TEST_CASE(
    "the lease is renewed while nothing is written, and runs out while the database is away") {
  memory_node n;
  auto first = n.db.lane().lease_until();
  CHECK(first > n.world.clock);
  n.world.clock += std::chrono::milliseconds(1100);
  n.db.run_all();
  auto second = n.db.lane().lease_until();
  CHECK(second > first);
  n.db.set_away(true);
  n.world.clock += std::chrono::seconds(10);
  n.db.run_all();
  CHECK(n.db.lane().lease_until() == second);
}

TEST_CASE("C: in memory, a lane that waits or has lost a reply does not hold the others up") {
  memory_node n(3);
  REQUIRE(n.owned == memory_node::shards);
  n.db.part(1).hold_commits(true);
  n.db.part(2).inject(commit_fault::lose_reply);
  for (std::uint32_t shard = 0; shard < memory_node::shards; ++shard)
    REQUIRE(n.append({note(shard, 1)}, shard));
  n.db.run_all();
  CHECK(n.statuses == std::vector(4, commit_status::committed));
  CHECK(n.notes() == 4);
  CHECK(n.world.store.last_event(2) == 1);
  CHECK(n.world.store.last_event(1) == 0);
  n.db.part(1).hold_commits(false);
  n.db.run_all();
  CHECK(n.statuses == std::vector(6, commit_status::committed));
  CHECK(n.notes() == 6);
}

TEST_CASE("C: in memory, a process is fenced with all of its lanes when the last lease is over") {
  memory_node n(3);
  std::size_t taken = 0;
  auto claim = [&] {
    n.world.at("b").claim_shards(memory_node::shards, [&](auto r) { taken = r ? r->size() : 0; });
    n.world.at("b").run_all();
  };
  n.world.store.lanes.at(n.db.part(0).id()).expires_at = n.world.wall - 1;
  claim();
  CHECK(taken == 0);
  n.world.expire("a");
  claim();
  CHECK(taken == memory_node::shards);
  REQUIRE(n.append({note(1, 1)}, 1));
  n.db.run_all();
  CHECK(n.statuses == std::vector{commit_status::fenced});
  CHECK(n.notes() == 0);
}
