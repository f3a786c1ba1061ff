// The contract of a database whose lanes are apart: two lanes of two shards each.
#include "storage/runtime/runtime_queries.hpp"
#include "tests/storage/contract_driver.hpp"
#include "tests/storage/database_contract.hpp"

#include <doctest/doctest.h>

namespace nova::test {
namespace {

void each_lane_has_its_part_for_itself(contract_world& w) {
  driver d{w};
  CHECK(d.claim_lane("a", 0, 4).size() == 2);
  const auto other = d.claim_lane("b", 1, 4);
  REQUIRE(other.size() == 2);
  CHECK(other[0].shard == 1);
  CHECK(other[1].shard == 3);
  CHECK(d.claim_lane("b", 0, 4).empty());
  CHECK(d.claim_lane("a", 1, 4).empty());
  CHECK(d.commit_one("a", unit(1, {note(1, 1)}, {{1, "k", "p"}}, 2)).status ==
        commit_status::committed);
  CHECK(d.commit_one("b", unit(1, {note(1, 2)}, {{1, "k", "p"}}, 3)).status ==
        commit_status::committed);
  CHECK(d.commit_one("b", unit(2, {note(1, 3)}, {{1, "k", "p"}}, 2)).status ==
        commit_status::rejected);
}

void a_lane_is_given_back_by_itself(contract_world& w) {
  driver d{w};
  REQUIRE(d.claim_lane("a", 0, 4).size() == 2);
  REQUIRE(d.claim_lane("a", 1, 4).size() == 2);
  REQUIRE(d.commit_one("a", unit(1, {}, {{1, "k", "p"}}, 2)).status == commit_status::committed);
  std::optional<result<void>> again;
  w.node("a").reincarnate_lane(0, [&](auto r) { again = r; });
  REQUIRE(w.until([&] { return again && again->has_value(); }));
  const auto taken = d.claim_lane("b", 0, 4);
  REQUIRE(taken.size() == 2);
  CHECK(taken[1].shard == 2);
  CHECK(taken[1].epoch == 2);
  CHECK(taken[1].last_event_seq == 1);
  CHECK(d.claim_lane("a", 0, 4).empty());
  CHECK(d.commit_one("b", unit(1, {}, {{1, "k", "p"}}, 2)).first_event == 2);
  CHECK(d.commit_one("a", unit(3, {note(1, 1)}, {}, 1)).status == commit_status::committed);
  // And back, with the lane that has never owned it: what it committed before is not mixed up.
  again.reset();
  w.node("b").reincarnate_lane(0, [&](auto r) { again = r; });
  REQUIRE(w.until([&] { return again && again->has_value(); }));
  REQUIRE(d.claim_lane("a", 0, 4).size() == 2);
  CHECK(d.commit_one("a", unit(4, {}, {{1, "k", "p"}}, 2)).first_event == 3);
}

void an_expired_lane_is_fenced_by_itself(contract_world& w) {
  driver d{w};
  REQUIRE(d.claim_lane("a", 0, 4).size() == 2);
  REQUIRE(d.claim_lane("b", 1, 4).size() == 2);
  std::vector<shard_claim> taken;
  for (int i = 0; i < 50 && taken.empty(); ++i) {  // `a` may renew in between
    w.expire("a");
    taken = d.claim_lane("b", 0, 4);
  }
  REQUIRE(taken.size() == 2);
  auto& lost = w.node("a").lane(0);
  REQUIRE(w.until([&] { return lost.fenced(); }));
  CHECK(!lost.append(unit(2, {note(1, 1)})));
  // A lane without shards is fenced by none, however old its lease is.
  w.expire("a");
  CHECK(d.claim_lane("b", 1, 4).size() == 2);
  CHECK_FALSE(w.node("a").lane(1).fenced());
  CHECK(d.claim_lane("a", 1, 4).empty());
}

void an_ended_process_of_the_same_folder_is_fenced_at_once(contract_world& w) {
  driver d{w};
  REQUIRE(d.claim_lane("a", 0, 4).size() == 2);
  REQUIRE(d.claim_lane("a", 1, 4).size() == 2);
  w.restart("a");
  CHECK(d.claim_lane("a", 0, 4).size() == 2);
  CHECK(d.claim_lane("b", 1, 4).empty());
  CHECK(d.claim_lane("a", 1, 4).size() == 2);
  CHECK(d.claim_lane("a", 0, 4).size() == 2);  // its own lanes are no dead ones
  CHECK_FALSE(w.node("a").lane(0).fenced());
}

void the_next_owner_finds_what_entities_were_not_told(contract_world& w) {
  using i64 = std::int64_t;
  namespace rq = storage::runtime_queries;
  driver d{w};
  REQUIRE(d.claim_lane("a", 0, 4).size() == 2);
  const auto owed = [](i64 shard, i64 seq, std::vector<std::string> keys) {
    return statement{&rq::insert_refresh_owed,
                     {"user", shard, seq, i64{700}, "anna", storage::bytes{"body"},
                      std::vector<std::string>(keys.size(), "conversation"), keys}};
  };
  CHECK(
      d.commit_one("a", unit(1, {owed(2, 8, {"y", "z"}), owed(2, 7, {}), owed(3, 7, {"x"})}, {}, 2))
          .status == commit_status::committed);
  CHECK(d.commit_one("a", unit(1, {owed(2, 8, {"y"})}, {}, 2)).status == commit_status::committed);
  const statement find{&rq::refreshes_owed, {"user", i64{2}}};
  const auto found = d.read("b", find);
  REQUIRE(found.size() == 2);
  CHECK(found.int8(0, 0) == 7);
  CHECK(found.get<std::vector<std::string>>(0, 5).empty());
  CHECK(found.int8(1, 0) == 8);
  CHECK(found.int8(1, 1) == 700);
  CHECK(found.text(1, 2) == "anna");
  CHECK(found.blob(1, 3) == "body");
  CHECK(found.get<std::vector<std::string>>(1, 4) == std::vector<std::string>{"conversation"});
  CHECK(found.get<std::vector<std::string>>(1, 5) == std::vector<std::string>{"y"});
  // A dead letter's row between two others stays: it may have been written after them, and told by nobody yet.
  CHECK(d.commit_one("a", unit(1, {owed(2, 9, {"x"})}, {}, 2)).status == commit_status::committed);
  const statement told{&rq::delete_refreshes_owed, {"user", i64{2}, std::vector<i64>{7, 9}}};
  REQUIRE(d.claim_lane("b", 1, 4).size() == 2);
  CHECK(d.commit_one("b", unit(1, {told}, {}, 1)).status == commit_status::committed);
  const auto left = d.read("b", find);
  REQUIRE(left.size() == 1);
  CHECK(left.int8(0, 0) == 8);
  CHECK(d.read("b", {&rq::refreshes_owed, {"user", i64{3}}}).size() == 1);
}

}  // namespace

const std::vector<contract_case>& apart_cases() {
  static const std::vector<contract_case> cases = {
#define CASE(f) {#f, f}
      CASE(each_lane_has_its_part_for_itself),
      CASE(a_lane_is_given_back_by_itself),
      CASE(an_expired_lane_is_fenced_by_itself),
      CASE(an_ended_process_of_the_same_folder_is_fenced_at_once),
      CASE(the_next_owner_finds_what_entities_were_not_told),
#undef CASE
  };
  return cases;
}

}  // namespace nova::test
