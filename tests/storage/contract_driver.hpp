// A lane and its database as the cases of the contract drive them: each call waits for its answer. Used by database_contract.
#pragma once

#include "tests/storage/database_contract.hpp"
#include "tests/storage/sample_schema.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nova::test {

using namespace storage;
using i64 = std::int64_t;

struct driver {
  contract_world& world;

  std::vector<shard_claim> claim(const std::string& node, std::uint32_t shards) {
    std::optional<result<std::vector<shard_claim>>> answer;
    world.node(node).claim_shards(shards, [&](auto r) { answer = std::move(r); });
    REQUIRE(world.until([&] { return answer.has_value(); }));
    return *answer ? **answer : std::vector<shard_claim>{};
  }
  std::vector<shard_claim> claim_lane(const std::string& node, std::uint32_t lane,
                                      std::uint32_t shards) {
    std::optional<result<std::vector<shard_claim>>> answer;
    world.node(node).claim_lane(lane, shards, [&](auto r) { answer = std::move(r); });
    REQUIRE(world.until([&] { return answer.has_value(); }));
    return *answer ? **answer : std::vector<shard_claim>{};
  }
  rows read(const std::string& node, statement s) {
    std::optional<read_result> answer;
    std::string name(s.query->name);
    world.node(node).read(std::move(s), [&](auto r) { answer = std::move(r); });
    REQUIRE(world.until([&] { return answer.has_value(); }));
    REQUIRE_MESSAGE(answer->has_value(), name);
    return **answer;
  }
  /// Appends all before anything happens, then waits for all.
  std::vector<commit_outcome> commit(const std::string& node, std::vector<commit_unit> units) {
    auto& db = world.node(node);
    std::vector<std::optional<commit_outcome>> answers(units.size());
    for (std::size_t i = 0; i < units.size(); ++i) {
      auto& lane = db.lane(units[i].shard);
      REQUIRE(world.until([&] { return lane.accepting(); }));
      units[i].done = [&answers, i](const commit_outcome& o) { answers[i] = o; };
      REQUIRE(lane.append(std::move(units[i])));
    }
    REQUIRE(world.until([&] {
      for (const auto& a : answers)
        if (!a) return false;
      return true;
    }));
    std::vector<commit_outcome> out;
    for (auto& a : answers) out.push_back(*a);
    return out;
  }
  commit_outcome commit_one(const std::string& node, commit_unit unit) {
    std::vector<commit_unit> units;
    units.push_back(std::move(unit));
    return commit(node, std::move(units)).front();
  }
  i64 counter(const std::string& node, const std::string& name) {
    auto r = read(node, {&read_counter, {name}});
    return r.empty() ? -1 : r.int8(0, 0);
  }
};

inline commit_unit unit(std::uint64_t activation, std::vector<statement> statements,
                        std::vector<outbox_event> events = {}, std::uint32_t shard = 0) {
  return {activation, shard, std::move(statements), std::move(events), {}};
}

}  // namespace nova::test
