// user on runtime and PostgreSQL: the profile that follows a registration, updates, blocks,
// look-ups, restarts.
#include "storage/user/user_queries.hpp"
#include "tests/auth/identity_node.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::user;
using nova::test::identity_node;

namespace {

errc code(const auto& r) {
  REQUIRE(r.has_error());
  return r.error().code;
}

struct with_node {
  identity_node node;

  rpc::caller person(const std::string& handle) {
    auto t = node.register_account(handle + "@example.com", handle);
    REQUIRE(t.has_value());
    return identity_node::caller_of(*t);
  }

  result<views::Profile> profile_of(const rpc::caller& asking, const uuid& account) {
    GetProfileRequest q;
    q.set_account_id(to_string(account));
    return node.call<user_interface::get_profile>(q, asking);
  }

  std::int64_t blocks_of(const uuid& account) {
    static const storage::query count{.name = "user_pgtest.blocks",
                                      .sql = "SELECT count(*) FROM block WHERE account_id = $1"};
    return node.read("user", {&count, {account}}).int8(0, 0);
  }

  // Events of the type that left the account's shard.
  std::int64_t told(const uuid& account, std::uint32_t type) {
    static const storage::query count{
        .name = "user_pgtest.told",
        .sql = "SELECT count(*) FROM outbox WHERE key = $1 AND type = $2::bigint"};
    return node.read("user", {&count, {to_string(account), std::int64_t{type}}}).int8(0, 0);
  }
};

}  // namespace

TEST_CASE_FIXTURE(with_node, "every query fits the schema and the run-time role") {
  CHECK(nova::test::unpreparable(node.conninfo("user"), queries::all()) ==
        std::vector<std::string>{});
}

TEST_CASE_FIXTURE(
    with_node,
    "when a registration is answered its profile is there, for everybody, also after a restart") {
  const auto ann = person("Ann_Lee");
  const auto bob = person("bob_1");
  for (int i = 0; i < 2; ++i) {
    const auto own = node.call<user_interface::get_my_profile>({}, ann);
    REQUIRE(own.has_value());
    CHECK(own->account_id() == to_string(ann.account));
    CHECK(own->handle() == "Ann_Lee");
    CHECK(own->display_name() == "Ann_Lee");
    CHECK(profile_of(bob, ann.account)->SerializeAsString() == own->SerializeAsString());
    GetProfileByHandleRequest q;
    q.set_handle("aNN_lEE");
    CHECK(node.call<user_interface::get_profile_by_handle>(q, bob)->SerializeAsString() ==
          own->SerializeAsString());
    node.restart();
  }
  CHECK(told(ann.account, profile_changed_event().number) == 1);
}

TEST_CASE_FIXTURE(with_node, "absent, malformed and impossible people answer alike") {
  const auto ann = person("ann_absent");
  const auto nobody = *parse_uuid("01890000-0000-7000-8000-000000000000");
  CHECK(code(profile_of(ann, nobody)) == errc::not_found);
  CHECK(code(profile_of(ann, uuid{})) == errc::not_found);
  for (auto handle : {"no_such_person", "%", "a b", "'; --"}) {
    GetProfileByHandleRequest q;
    q.set_handle(handle);
    CHECK(code(node.call<user_interface::get_profile_by_handle>(q, ann)) == errc::not_found);
  }
}

TEST_CASE_FIXTURE(with_node, "an update is durable and told when the display name changed") {
  const auto ann = person("ann_update");
  UpdateMyProfileRequest q;
  q.set_display_name(" 中文 😀 ");
  q.set_bio("line\nline '; DROP TABLE profile; --");
  const auto changed = node.call<user_interface::update_my_profile>(q, ann);
  REQUIRE(changed.has_value());
  CHECK(changed->display_name() == "中文 😀");
  node.restart();
  const auto later = node.call<user_interface::get_my_profile>({}, ann);
  REQUIRE(later.has_value());
  CHECK(later->SerializeAsString() == changed->SerializeAsString());
  CHECK(told(ann.account, profile_changed_event().number) == 2);
  CHECK(node.call<user_interface::update_my_profile>({}, ann)->SerializeAsString() ==
        changed->SerializeAsString());
}

TEST_CASE_FIXTURE(
    with_node,
    "twenty blocks and unblocks of one person at once leave what the last one decided, told once a "
    "change") {
  const auto ann = person("ann_block"), bob = person("bob_block");
  BlockRequest q;
  q.set_account_id(to_string(bob.account));
  std::vector<std::future<rpc::reply_result>> calls;
  for (int i = 0; i < 20; ++i) {
    calls.push_back(node.begin<user_interface::block>(q, ann));
    calls.push_back(node.begin<user_interface::block>(q, ann));
    calls.push_back(node.begin<user_interface::unblock>(q, ann));
  }
  for (auto& f : calls) CHECK(f.get().has_value());
  CHECK(blocks_of(ann.account) == 0);
  CHECK(told(ann.account, blocked_event().number) == 20);
  CHECK(told(ann.account, unblocked_event().number) == 20);
  CHECK(node.call<user_interface::block>(q, ann).has_value());
  CHECK(blocks_of(ann.account) == 1);
  node.restart();
  CHECK(node.call<user_interface::block>(q, ann).has_value());
  CHECK(told(ann.account, blocked_event().number) == 21);
  CHECK(profile_of(bob, ann.account).has_value());
}

TEST_CASE_FIXTURE(with_node, "nobody blocks themselves or somebody unknown") {
  const auto ann = person("ann_self");
  BlockRequest q;
  q.set_account_id(to_string(ann.account));
  CHECK(code(node.call<user_interface::block>(q, ann)) == errc::invalid_request);
  q.set_account_id("01890000-0000-7000-8000-000000000000");
  CHECK(code(node.call<user_interface::block>(q, ann)) == errc::not_found);
  CHECK(code(node.call<user_interface::unblock>(q, ann)) == errc::not_found);
}
