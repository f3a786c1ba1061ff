// A registration across auth, user and messaging: done everywhere, or taken back with nothing left and the names free; the same
// after restarts at each durable step; and planted faults of its saga are seen.
#include "actors/auth/auth_descriptor.hpp"
#include "actors/messaging/messaging_descriptor.hpp"
#include "actors/user/user_descriptor.hpp"
#include "protocols/core/planted.hpp"
#include "tests/auth/identity_node.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <set>

using namespace nova;
using nova::test::identity_node;

namespace {

config::user_settings short_names() {
  config::user_settings s;
  s.display_name_code_points = 30;
  return s;
}

/// Longer than user takes, though auth does.
const std::string too_long(40, 'x');

struct world {
  test::domain_node node{{test::part_of(auth::descriptor(), identity_node::cheap_settings()),
                          test::part_of(user::descriptor(), short_names()),
                          test::part_of(messaging::descriptor())}};

  ~world() { plant(std::nullopt); }

  result<auth::Tokens> join(const std::string& handle, const std::string& display_name) {
    auth::RegisterRequest q;
    q.set_email(handle + "@example.com");
    q.set_handle(handle);
    q.set_password(test::good_password);
    q.set_display_name(display_name);
    return node.call<auth::auth_interface::register_>(q);
  }
  bool can_log_in(const std::string& handle) {
    auth::LoginRequest q;
    q.set_identifier(handle);
    q.set_password(test::good_password);
    return node.call<auth::auth_interface::login>(q).has_value();
  }

  std::int64_t count(const std::string& domain, const std::string& from) {
    static std::map<std::string, storage::query> made;  // queries are static
    static std::deque<std::pair<std::string, std::string>> texts;
    auto at = made.find(from);
    if (at == made.end()) {
      const auto& [name, sql] = texts.emplace_back(
          "test.registration_" + std::to_string(texts.size()), "SELECT count(*) FROM " + from);
      at = made.emplace(from, storage::query{.name = name, .sql = sql}).first;
    }
    return node.read(domain, {&at->second, {}}).int8(0, 0);
  }

  /// All that is wrong when nothing is under way. Empty: each account is everywhere, and each saga has ended.
  std::set<std::string> half_done() {
    std::set<std::string> out;
    if (count("auth", "saga WHERE phase NOT IN ('done', 'undone')") > 0) out.insert("open saga");
    const auto accounts = count("auth", "account");
    if (count("user", "profile") != accounts) out.insert("accounts are not profiles");
    if (count("messaging", "person") != accounts) out.insert("accounts are not persons");
    if (count("auth",
              "(SELECT key FROM outbox WHERE type = 1001 GROUP BY key HAVING count(*) > 1) x"))
      out.insert("a step was ordered twice");
    return out;
  }
  bool settled() {
    return node.until([&] { return half_done().empty(); });
  }
};

using words = std::set<std::string>;

/// A durable step of a registration: what a database shows when it is done.
struct moment {
  const char* domain;
  const char* shown_by;
};

}  // namespace

TEST_CASE_FIXTURE(world, "a new account works at once, and each domain has what it needs") {
  REQUIRE(join("ann", "Ann").has_value());
  CHECK(can_log_in("ann"));
  CHECK(settled());
  CHECK(count("auth", "saga") == 0);  // nothing is kept of a registration that is done
  CHECK(count("user", "outbox WHERE type = 2021") == 1);
  CHECK(count("messaging", "outbox WHERE type = 5021") == 1);
}

TEST_CASE_FIXTURE(world,
                  "an account that a domain refuses leaves nothing, and its names are free") {
  REQUIRE(join("bob", "Bob").has_value());
  const auto refused = join("ann", too_long);
  REQUIRE(refused.has_value());
  CHECK(node.until([&] { return count("auth", "saga WHERE phase = 'undone'") == 1; }));
  CHECK(settled());
  CHECK(count("auth", "account") == 1);
  CHECK(count("auth", "identifier WHERE name LIKE 'ann%'") == 0);
  CHECK(count("auth", "saga WHERE entity <> ''") == 0);
  CHECK_FALSE(can_log_in("ann"));
  CHECK(node.revoked() == std::vector<std::string>{refused->session_id()});
  CHECK(join("ann", "Ann").has_value());
  CHECK(settled());
  CHECK(can_log_in("ann"));
}

TEST_CASE_FIXTURE(world, "a registration ends right after a restart at each of its durable steps") {
  constexpr moment taken[] = {{"auth", "saga WHERE step = 1"},
                              {"user", "outbox WHERE type = 2021"},
                              {"messaging", "person"},
                              {"messaging", "outbox WHERE type = 5021"}};
  constexpr moment refused[] = {{"auth", "saga"},
                                {"user", "outbox WHERE type = 2021"},
                                {"auth", "outbox WHERE type = 1012"},
                                {"user", "outbox WHERE type = 2020"},
                                {"messaging", "outbox WHERE type = 5020"}};
  int n = 0;
  const auto struck = [&](const moment& at, const std::string& display_name) {
    CAPTURE(at.shown_by);
    const auto name = "p" + std::to_string(++n);
    const auto before = count(at.domain, at.shown_by);
    REQUIRE(join(name + "_name", display_name).has_value());
    node.until([&] { return count(at.domain, at.shown_by) > before || half_done().empty(); });
    node.restart();
    CHECK(settled());
    CHECK(can_log_in(name + "_name") == (display_name != too_long));
  };
  for (const auto& at : taken) struck(at, "Someone");
  for (const auto& at : refused) struck(at, too_long);
}

TEST_CASE_FIXTURE(world, "an account may end while its registration is under way") {
  const auto ann = join("ann", "Ann");
  REQUIRE(ann.has_value());
  auth::DeleteAccountRequest q;
  q.set_password(test::good_password);
  const auto left =
      node.call<auth::auth_interface::delete_account>(q, identity_node::caller_of(*ann));
  REQUIRE(left.has_value());
  CHECK(count("auth", "saga WHERE definition = 'registration'") == 0);
  auth::UndeleteRequest undo;
  undo.set_undo_token(left->undo_token());
  REQUIRE(node.call<auth::auth_interface::undelete>(undo).has_value());
  CHECK(settled());
  CHECK(can_log_in("ann"));
}

TEST_CASE_FIXTURE(world, "planted: a compensation that is lost is seen") {
  plant(planted_fault::saga_compensation_lost);
  REQUIRE(join("ann", too_long).has_value());
  REQUIRE(node.until([&] { return count("auth", "saga WHERE phase = 'compensating'") == 1; }));
  CHECK(half_done() == words{"open saga", "accounts are not profiles", "accounts are not persons"});
  node.restart();
  CHECK(half_done() == words{"open saga", "accounts are not profiles", "accounts are not persons"});
}

TEST_CASE_FIXTURE(world, "planted: a step that is ordered twice is seen") {
  plant(planted_fault::saga_step_twice);
  REQUIRE(join("ann", "Ann").has_value());
  REQUIRE(node.until([&] { return count("messaging", "person") == 1; }));
  REQUIRE(node.until([&] { return count("auth", "saga") == 0; }));
  CHECK(half_done() == words{"a step was ordered twice"});
}
