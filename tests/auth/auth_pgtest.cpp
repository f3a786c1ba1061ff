// auth on runtime and PostgreSQL: races for names and tokens, lock-out over restarts, revocation,
// what is stored.
#include "config/settings/runtime_settings.hpp"
#include "storage/auth/auth_queries.hpp"
#include "storage/auth/auth_store.hpp"
#include "tests/auth/identity_node.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <set>

using namespace nova;
using namespace nova::auth;
using nova::test::good_password;
using nova::test::identity_node;

namespace {

constexpr int at_once = 20;

errc code(const auto& r) {
  REQUIRE(r.has_error());
  return r.error().code;
}

RegisterRequest registration(const std::string& email, const std::string& handle) {
  RegisterRequest q;
  q.set_email(email);
  q.set_handle(handle);
  q.set_password(good_password);
  return q;
}

struct with_node {
  explicit with_node(config::auth_settings settings = identity_node::cheap_settings())
      : node(std::move(settings)) {}
  identity_node node;

  Tokens registered(const std::string& handle) {
    auto t = node.register_account(handle + "@example.com", handle);
    REQUIRE(t.has_value());
    return *t;
  }

  /// Of registrations at once; all others are refused with `refusal`.
  int winners(const std::function<RegisterRequest(int)>& nth, errc refusal) {
    std::vector<std::future<rpc::reply_result>> calls;
    for (int i = 0; i < at_once; ++i)
      calls.push_back(node.begin<auth_interface::register_>(nth(i)));
    int succeeded = 0;
    for (auto& f : calls) {
      const auto r = identity_node::answer<auth_interface::register_>(std::move(f));
      if (r.has_value()) ++succeeded;
      else CHECK(r.error().code == refusal);
    }
    return succeeded;
  }
};

/// Its locks outlast restarts on a busy machine.
struct with_hours_of_lock : with_node {
  static constexpr std::int64_t hour_ms = 3'600'000;
  with_hours_of_lock() : with_node(settings()) {}
  static config::auth_settings settings() {
    auto s = identity_node::cheap_settings();
    s.lockout_base_s = s.lockout_cap_s = hour_ms / 1000;
    return s;
  }
};

}  // namespace

TEST_CASE_FIXTURE(with_node, "every query fits the schema and the run-time role") {
  CHECK(nova::test::unpreparable(node.conninfo("auth"), queries::all()) ==
        std::vector<std::string>{});
}

TEST_CASE_FIXTURE(with_node,
                  "of twenty registrations with one e-mail address at once exactly one succeeds") {
  CHECK(
      winners(
          [](int i) { return registration("Race@Example.com", "race_mail_" + std::to_string(i)); },
          errc::email_taken) == 1);
}

TEST_CASE_FIXTURE(
    with_node,
    "of twenty registrations with one handle at once exactly one succeeds, and the losers leave "
    "nothing") {
  CHECK(winners(
            [](int i) {
              return registration("race_handle_" + std::to_string(i) + "@example.com",
                                  i % 2 ? "Race_One" : "race_one");
            },
            errc::handle_taken) == 1);
  std::vector<std::string> emails;
  for (int i = 0; i < at_once; ++i)
    emails.push_back("race_handle_" + std::to_string(i) + "@example.com");
  CHECK(node.read("auth", store::taken_names(emails)).size() == 1);
}

TEST_CASE_FIXTURE(
    with_node, "a registration that is repeated with its Idempotency-Key gives the first answer") {
  const auto q = registration("again@example.com", "again_1");
  const auto first = node.call<auth_interface::register_>(q, {}, "key-1");
  const auto second = node.call<auth_interface::register_>(q, {}, "key-1");
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  CHECK(first->SerializeAsString() == second->SerializeAsString());
  auto other = q;
  other.set_handle("again_2");
  CHECK(code(node.call<auth_interface::register_>(other, {}, "key-1")) ==
        errc::idempotency_key_reused);
}

TEST_CASE_FIXTURE(
    with_node,
    "row 20: of twenty refreshes at once all get one successor, and the family continues") {
  const auto t = registered("refresh_race");
  RefreshRequest q;
  q.set_refresh_token(t.refresh_token());
  std::vector<std::future<rpc::reply_result>> calls;
  for (int i = 0; i < at_once; ++i) calls.push_back(node.begin<auth_interface::refresh>(q));
  std::set<std::string> successors;
  for (auto& f : calls) {
    const auto r = identity_node::answer<auth_interface::refresh>(std::move(f));
    REQUIRE(r.has_value());
    successors.insert(r->refresh_token());
  }
  REQUIRE(successors.size() == 1);
  CHECK(node.refresh(*successors.begin()).has_value());
}

TEST_CASE_FIXTURE(with_node,
                  "a refresh token goes on working after a restart, and its reuse is still known") {
  const auto first = registered("restart_1");
  const auto second = node.refresh(first.refresh_token());
  REQUIRE(second.has_value());
  node.restart();
  const auto again = node.refresh(first.refresh_token());
  REQUIRE(again.has_value());
  CHECK(again->refresh_token() == second->refresh_token());
  const auto third = node.refresh(second->refresh_token());
  REQUIRE(third.has_value());
  node.restart();
  CHECK(code(node.refresh(first.refresh_token())) == errc::refresh_reused);
  CHECK(code(node.refresh(third->refresh_token())) == errc::unauthenticated);
  const auto told = node.revoked();
  CHECK(std::find(told.begin(), told.end(), first.session_id()) != told.end());
}

TEST_CASE_FIXTURE(
    with_hours_of_lock,
    "failures are counted over e-mail address, handle and restarts; unknown names too") {
  registered("guarded");
  for (const std::string name : {"guarded", "nobody_at_all"}) {
    CAPTURE(name);
    for (int i = 0; i < 5; ++i)
      CHECK(code(node.login(name, "wrong password")) == errc::invalid_credentials);
    node.restart();
    const auto sixth = node.login(name, "wrong password");
    CHECK(code(sixth) == errc::locked_out);
    CHECK(sixth.error().retry_after_ms == hour_ms);
    node.restart();
    CHECK(code(node.login(name, good_password)) == errc::locked_out);
  }
  CHECK(code(node.login("Guarded@example.com", good_password)) == errc::locked_out);
  node.pass(hour_ms);
  CHECK(node.login("Guarded@example.com", good_password).has_value());
  CHECK(code(node.login("guarded", "wrong password")) == errc::invalid_credentials);
}

TEST_CASE_FIXTURE(
    with_hours_of_lock,
    "row 26: twenty guesses at once are evaluated one after another, no more than six of them") {
  registered("guessed");
  LoginRequest q;
  q.set_identifier("guessed");
  q.set_password("wrong password");
  std::vector<std::future<rpc::reply_result>> calls;
  for (int i = 0; i < at_once; ++i) {
    q.set_identifier(i % 2 ? "guessed" : "guessed@example.com");
    calls.push_back(node.begin<auth_interface::login>(q));
  }
  int evaluated = 0, locked = 0;
  for (auto& f : calls) (code(f.get()) == errc::invalid_credentials ? evaluated : locked) += 1;
  CHECK(evaluated == 5);
  CHECK(locked == at_once - 5);
}

TEST_CASE_FIXTURE(
    with_node,
    "a password change revokes the other sessions in the database and tells gateways that start "
    "later") {
  const auto t = registered("changer");
  const auto other = node.login("changer", good_password);
  REQUIRE(other.has_value());
  ChangePasswordRequest q;
  q.set_old_password(good_password);
  q.set_new_password("another good password");
  REQUIRE(node.call<auth_interface::change_password>(q, identity_node::caller_of(t)).has_value());
  node.restart();
  CHECK(code(node.refresh(other->refresh_token())) == errc::unauthenticated);
  CHECK(node.refresh(t.refresh_token()).has_value());
  CHECK(code(node.login("changer", good_password)) == errc::invalid_credentials);
  rpc::caller gateway;
  gateway.kind = rpc::caller_kind::node;
  const auto list = node.call<auth_interface::revocations>({}, gateway);
  REQUIRE(list.has_value());
  std::set<std::string> told;
  for (const auto& x : list->items()) {
    CHECK(x.until() > node.now());
    told.insert(x.session_id());
  }
  CHECK(told.contains(other->session_id()));
  CHECK_FALSE(told.contains(t.session_id()));
}

TEST_CASE_FIXTURE(with_node, "logout and revocation may be repeated, sessions are listed") {
  const auto t = registered("lister");
  const auto a = node.login("lister", good_password);
  const auto b = node.login("lister", good_password);
  LogoutRequest out;
  out.set_refresh_token(a->refresh_token());
  CHECK(node.call<auth_interface::logout>(out).has_value());
  CHECK(node.call<auth_interface::logout>(out).has_value());
  RevokeSessionRequest gone;
  gone.set_session_id(b->session_id());
  CHECK(node.call<auth_interface::revoke_session>(gone, identity_node::caller_of(t)).has_value());
  CHECK(node.call<auth_interface::revoke_session>(gone, identity_node::caller_of(t)).has_value());
  gone.set_session_id("01890000-0000-7000-8000-000000000000");
  CHECK(code(node.call<auth_interface::revoke_session>(gone, identity_node::caller_of(t))) ==
        errc::not_found);
  const auto list = node.call<auth_interface::list_sessions>({}, identity_node::caller_of(t));
  REQUIRE(list.has_value());
  REQUIRE(list->items_size() == 1);
  CHECK(list->items(0).session_id() == t.session_id());
  CHECK(list->items(0).current());
}

TEST_CASE_FIXTURE(with_node,
                  "row 28: the database holds no password, no token and no hash of a token") {
  const auto t = registered("stored_1");
  const auto id = *parse_uuid(t.account_id());
  const auto account = read_account(node.read("auth", store::account(id)));
  REQUIRE(account);
  CHECK(account->password_hash.starts_with("$argon2id$v=19$m="));
  const auto sessions = read_sessions(node.read("auth", store::sessions(id)));
  REQUIRE(sessions.size() == 1);
  CHECK(sessions[0].salt.size() == 16);
  CHECK(t.refresh_token().find(sessions[0].salt) == std::string::npos);
}

TEST_CASE_FIXTURE(with_node, "hostile names are stored or refused, never an internal error") {
  for (const std::string name : {"'; DROP TABLE account; --", "%", "_", "\\", "a' OR '1'='1", "$1",
                                 "\xE2\x80\xAE", "ünïcode", "a b"}) {
    CAPTURE(name);
    CHECK(code(node.login(name, "wrong password")) == errc::invalid_credentials);
    CHECK(code(node.register_account(name, "hostile_1")) == errc::invalid_request);
    CHECK(code(node.register_account("hostile@example.com", name)) == errc::invalid_request);
  }
  const auto t =
      node.register_account("hostile@example.com", "hostile_1", "'; DROP TABLE account; -- \\ %");
  REQUIRE(t.has_value());
  CHECK(node.login("hostile_1", "'; DROP TABLE account; -- \\ %").has_value());
}

TEST_CASE_FIXTURE(with_node,
                  "A10: quiet counters and sessions that nobody uses leave without any sign-in") {
  static const storage::query sessions{.name = "auth_pgtest.sessions",
                                       .sql = "SELECT count(*) FROM session"};
  static const storage::query guards{.name = "auth_pgtest.guards",
                                     .sql = "SELECT count(*) FROM login_guard"};
  const auto kept = [&](const storage::query& q) { return node.read("auth", {&q, {}}).int8(0, 0); };
  for (int i = 0; i < 12; ++i) registered("dormant" + std::to_string(i));
  REQUIRE(code(node.login("quiet_name", "wrong password")) == errc::invalid_credentials);
  node.pass(40LL * 86'400'000);
  registered("awake");
  REQUIRE(code(node.login("other_name", "wrong password")) == errc::invalid_credentials);
  CHECK(kept(sessions) == 13);
  CHECK(kept(guards) == 2);
  node.restart();  // retention looks at once, then every minute
  CHECK(node.until([&] { return kept(sessions) == 1 && kept(guards) == 1; }));
  CHECK(node.login("awake", good_password).has_value());
}

TEST_CASE(
    "row 27: more sign-ins at once than the work pool takes are refused with a time to wait, not "
    "queued") {
  identity_node node{config::auth_settings{}};
  constexpr int burst = 200;
  LoginRequest q;
  q.set_password("wrong password");
  std::vector<std::future<rpc::reply_result>> calls;
  for (int i = 0; i < burst; ++i) {
    q.set_identifier("burst_" + std::to_string(i));
    calls.push_back(node.begin<auth_interface::login>(q));
  }
  int evaluated = 0, refused = 0;
  for (auto& f : calls) {
    const auto r = f.get();
    if (code(r) == errc::invalid_credentials) {
      ++evaluated;
      continue;
    }
    CHECK(r.error().code == errc::overloaded);
    CHECK(r.error().retry_after_ms > 0);
    ++refused;
  }
  const config::runtime_settings pool;
  CHECK(evaluated >= static_cast<int>(pool.max_queued_jobs));
  CHECK(refused > 0);
  CHECK(node.login("burst_0", "wrong password").error().code == errc::invalid_credentials);
}

TEST_CASE_FIXTURE(with_node,
                  "an export is there for seven days: then neither it nor its address is") {
  constexpr std::int64_t hour_ms = 3600 * 1000, day_ms = 24 * hour_ms;
  const auto ann = identity_node::caller_of(registered("ann")),
             bob = identity_node::caller_of(registered("bob"));
  const auto begun = node.now();
  GetExportRequest q;
  q.set_export_id(node.call<auth_interface::start_export>({}, ann).value().export_id());
  const auto made = node.call<auth_interface::get_export>(q, ann).value();
  CHECK(made.expires_at() > begun + 7 * day_ms - 2'000);
  CHECK(made.expires_at() <= node.now() + 7 * day_ms);
  CHECK(code(node.call<auth_interface::get_export>(q, bob)) == errc::not_found);

  DownloadExportRequest d;
  d.set_export_id(q.export_id());
  const auto& url = made.url();
  const auto until = url.find("until=") + 6, sig = url.find("&sig=");
  d.set_until(std::stoll(url.substr(until, sig - until)));
  d.set_sig(url.substr(sig + 5));
  const auto download = [&] { return node.call<auth_interface::download_export>(d); };
  node.pass(7 * day_ms - hour_ms);
  CHECK(node.call<auth_interface::get_export>(q, ann).has_value());
  CHECK(download().value().account_id() == to_string(ann.account));
  node.pass(hour_ms);
  CHECK(code(node.call<auth_interface::get_export>(q, ann)) == errc::not_found);
  CHECK(code(download()) == errc::expired);
  d.set_until(d.until() + 3'600);  // no other time is signed
  CHECK(code(download()) == errc::not_found);
}
