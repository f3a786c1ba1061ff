// Handle changes on a real node: auth decides about names, user shows them.
#include "storage/auth/handle_queries.hpp"
#include "tests/auth/identity_node.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::user;
using nova::test::identity_node;

namespace {

constexpr std::int64_t day = 24LL * 3600 * 1000;

errc code(const auto& r) {
  REQUIRE(r.has_error());
  return r.error().code;
}

struct with_people {
  identity_node node;

  rpc::caller person(const std::string& handle) {
    auto t = node.register_account(handle + "@example.com", handle);
    REQUIRE(t.has_value());
    return identity_node::caller_of(*t);
  }
  auto change(const rpc::caller& as, const std::string& handle) {
    auth::ChangeHandleRequest q;
    q.set_handle(handle);
    return node.call<auth::auth_interface::change_handle>(q, as);
  }
  /// The handle of the person whom this one leads to; empty: nobody.
  std::string found(const rpc::caller& as, const std::string& handle) {
    GetProfileByHandleRequest q;
    q.set_handle(handle);
    const auto r = node.call<user_interface::get_profile_by_handle>(q, as);
    return r.has_value() ? r->handle() : std::string();
  }
};

}  // namespace

TEST_CASE_FIXTURE(with_people, "every query of handle changes fits the schema and the role") {
  CHECK(nova::test::unpreparable(node.conninfo("auth"), auth::handle_queries::all()) ==
        std::vector<std::string>{});
}

TEST_CASE_FIXTURE(with_people,
                  "a handle changes once in 24 h; the old one leads to its owner for 14 days") {
  const auto ann = person("ann_old"), bob = person("bob_h");
  REQUIRE(change(ann, "Ann_New").has_value());
  CHECK(node.call<user_interface::get_my_profile>({}, ann)->handle() == "Ann_New");
  CHECK(found(bob, "ann_new") == "Ann_New");
  CHECK(found(bob, "ann_old") == "Ann_New");
  CHECK(change(ann, "Ann_New").has_value());
  const auto soon = change(ann, "ann_third");
  CHECK(code(soon) == errc::rate_limited);
  CHECK(soon.error().retry_after_ms > 0);
  CHECK(code(change(bob, "ann_old")) == errc::handle_taken);
  CHECK(code(change(bob, "ann_NEW")) == errc::handle_taken);
  CHECK(code(node.register_account("x@example.com", "Ann_Old")) == errc::handle_taken);
  CHECK(node.login("ann_new", nova::test::good_password).has_value());

  node.pass(day + 1);
  node.restart();
  REQUIRE(change(ann, "ann_OLD").has_value());
  CHECK(found(bob, "ann_old") == "ann_OLD");
  CHECK(found(bob, "ann_new") == "ann_OLD");
  node.pass(14 * day + 1);
  node.restart();  // retention looks at once
  CHECK(found(bob, "ann_new").empty());
  CHECK(found(bob, "ann_old") == "ann_OLD");
  CHECK(node.until([&] { return change(bob, "ann_new").has_value(); }));
  CHECK(found(ann, "ann_new") == "ann_new");
}
