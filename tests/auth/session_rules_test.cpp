// What auth decides about sessions, without runtime and database: rotation, reuse, revocation,
// lifetimes, signing keys.
#include "tests/auth/auth_world.hpp"

#include <sodium.h>

using namespace nova;
using namespace nova::auth;
using nova::auth::testing::auth_world;
using nova::auth::testing::good_password;

namespace {

constexpr unix_ms day = 86'400'000;

errc code(const auto& r) {
  REQUIRE(r.has_error());
  return r.error().code;
}

Tokens registered(auth_world& w) {
  auto t = w.register_account("ann@example.com", "Ann_1");
  REQUIRE(t.has_value());
  w.events.clear();
  return *t;
}

std::vector<std::string> revoked_sessions(const auth_world& w) {
  std::vector<std::string> out;
  for (const auto& e : w.events)
    if (const auto* gone = dynamic_cast<const SessionRevoked*>(e.body.get())) {
      CHECK(gone->until() == w.now + 960'000);
      out.push_back(gone->session_id());
    }
  return out;
}

ListSessionsReply sessions_of(auth_world& w, const Tokens& who, ListSessionsRequest q = {}) {
  auto r = w.as<ListSessionsReply>(who, &account_entity::list_sessions, q);
  REQUIRE(r.has_value());
  return *r;
}

}  // namespace

TEST_CASE("each refresh gives a new token of the same session") {
  auth_world w;
  auto t = registered(w);
  std::set<std::string> seen{t.refresh_token()};
  for (int i = 0; i < 20; ++i) {
    w.now += 60'000;
    const auto next = w.refresh(t.refresh_token());
    REQUIRE(next.has_value());
    CHECK(next->session_id() == t.session_id());
    CHECK(seen.insert(next->refresh_token()).second);
    t = *next;
  }
}

TEST_CASE("R5: for two minutes the old token gives the same successor, until that is used") {
  auth_world w;
  const auto first = registered(w);
  const auto second = w.refresh(first.refresh_token());
  w.now += 120'000;
  for (int i = 0; i < 20; ++i) {
    const auto again = w.refresh(first.refresh_token());
    REQUIRE(again.has_value());
    CHECK(again->refresh_token() == second->refresh_token());
  }
  const auto third = w.refresh(second->refresh_token());
  REQUIRE(third.has_value());
  CHECK(code(w.refresh(first.refresh_token())) == errc::refresh_reused);
  CHECK(revoked_sessions(w) == std::vector<std::string>{first.session_id()});
  CHECK(code(w.refresh(third->refresh_token())) == errc::unauthenticated);
  CHECK(code(w.refresh(first.refresh_token())) == errc::unauthenticated);
}

TEST_CASE("row 19: after the grace the use of an old token ends its session and no other") {
  auth_world w;
  const auto first = registered(w);
  const auto other = w.login("ann_1", good_password);
  const auto second = w.refresh(first.refresh_token());
  w.now += 120'001;
  CHECK(code(w.refresh(first.refresh_token())) == errc::refresh_reused);
  CHECK(code(w.refresh(second->refresh_token())) == errc::unauthenticated);
  CHECK(w.refresh(other->refresh_token()).has_value());
}

TEST_CASE("row 20: twenty refreshes at once leave one family that continues") {
  auth_world w;
  const auto first = registered(w);
  std::set<std::string> successors;
  for (int i = 0; i < 20; ++i) {
    const auto r = w.refresh(first.refresh_token());
    REQUIRE(r.has_value());
    successors.insert(r->refresh_token());
  }
  REQUIRE(successors.size() == 1);
  w.now += 3'600'000;
  CHECK(w.refresh(*successors.begin()).has_value());
}

TEST_CASE("row 17: a forged, altered or foreign refresh token, or an access token, ends nothing") {
  auth_world w;
  const auto t = registered(w);
  const auto bad = [&](std::string token) {
    CHECK(code(w.refresh(std::move(token))) == errc::unauthenticated);
  };
  bad("");
  bad("x");
  bad(t.access_token());
  bad(t.refresh_token() + "A");
  bad(std::string(t.refresh_token().size(), 'A'));
  for (std::size_t i = 0; i < t.refresh_token().size(); i += 5) {
    auto altered = t.refresh_token();
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    bad(altered);
  }
  auth_world elsewhere;
  elsewhere.random.engine.seed(8);
  bad(registered(elsewhere).refresh_token());
  CHECK(w.events.empty());
  CHECK(w.refresh(t.refresh_token()).has_value());
}

TEST_CASE("a token that Nova's key made for another generation or salt is not authentic") {
  auth_world w;
  const auto t = registered(w);
  const auto claim = parse_refresh_token(t.refresh_token());
  REQUIRE(claim);
  const auto& row = w.accounts.at(claim->account).sessions.at(0);
  CHECK(w.services().refresh.authentic(*claim, row.salt));
  auto later = *claim;
  later.generation = 1;
  CHECK_FALSE(w.services().refresh.authentic(later, row.salt));
  CHECK_FALSE(w.services().refresh.authentic(*claim, std::string(16, 'x')));
  CHECK(judge_refresh(row, 1, w.now, 10'000) == refresh_verdict::unknown);
}

TEST_CASE(
    "row 21: a session ends after its absolute life, however often it is used, and when idle") {
  auth_world w;
  auto t = registered(w);
  const auto idle = w.login("ann_1", good_password);
  for (int i = 0; i < 89; ++i) {
    w.now += day;
    const auto next = w.refresh(t.refresh_token());
    REQUIRE(next.has_value());
    t = *next;
    if (i == 29) CHECK(code(w.refresh(idle->refresh_token())) == errc::unauthenticated);
  }
  CHECK(sessions_of(w, t).items_size() == 1);
  w.now += day;
  CHECK(code(w.refresh(t.refresh_token())) == errc::unauthenticated);
}

TEST_CASE("logout ends the session, is told to gateways, and may be repeated") {
  auth_world w;
  const auto t = registered(w);
  CHECK(w.logout(t.refresh_token()).has_value());
  CHECK(revoked_sessions(w) == std::vector<std::string>{t.session_id()});
  CHECK(w.logout(t.refresh_token()).has_value());
  CHECK(w.events.size() == 1);
  CHECK(code(w.refresh(t.refresh_token())) == errc::unauthenticated);
  CHECK(code(w.logout("nonsense")) == errc::unauthenticated);
  auto altered = t.refresh_token();
  altered[80] = altered[80] == 'A' ? 'B' : 'A';
  CHECK(code(w.logout(altered)) == errc::unauthenticated);
}

TEST_CASE("sessions are listed newest first with the caller's marked, in pages") {
  auth_world w;
  const auto t = registered(w);
  for (int i = 0; i < 4; ++i) {
    w.now += 1000;
    REQUIRE(w.login("ann_1", good_password).has_value());
  }
  const auto all = sessions_of(w, t);
  REQUIRE(all.items_size() == 5);
  CHECK_FALSE(all.has_next_cursor());
  CHECK(all.items(4).session_id() == t.session_id());
  CHECK(all.items(4).current());
  CHECK_FALSE(all.items(0).current());
  CHECK(all.items(0).created_at() == w.now);

  ListSessionsRequest q;
  q.set_limit(2);
  std::vector<std::string> paged;
  for (;;) {
    const auto page = sessions_of(w, t, q);
    CHECK(page.items_size() <= 2);
    for (const auto& x : page.items()) paged.push_back(x.session_id());
    if (!page.has_next_cursor()) break;
    q.set_cursor(page.next_cursor());
  }
  REQUIRE(paged.size() == 5);
  for (int i = 0; i < 5; ++i) CHECK(paged[i] == all.items(i).session_id());

  for (auto limit : {0, -1}) {
    q.set_limit(limit);
    CHECK(code(w.as<ListSessionsReply>(t, &account_entity::list_sessions, q)) ==
          errc::invalid_request);
  }
  q.set_limit(1000);
  q.set_cursor("nonsense");
  CHECK(code(w.as<ListSessionsReply>(t, &account_entity::list_sessions, q)) ==
        errc::invalid_request);
}

TEST_CASE("a session can be revoked by its account only, more than once, and then may do nothing") {
  auth_world w;
  const auto t = registered(w);
  const auto other = w.login("ann_1", good_password);
  const auto stranger = w.register_account("bob@example.com", "Bob_1");
  w.events.clear();
  RevokeSessionRequest q;
  q.set_session_id(other->session_id());
  CHECK(code(w.as<Empty>(*stranger, &account_entity::revoke_session, q)) == errc::not_found);
  CHECK(w.as<Empty>(t, &account_entity::revoke_session, q).has_value());
  CHECK(w.as<Empty>(t, &account_entity::revoke_session, q).has_value());
  CHECK(revoked_sessions(w) == std::vector<std::string>{other->session_id()});
  CHECK(code(w.refresh(other->refresh_token())) == errc::unauthenticated);
  CHECK(code(w.as<ListSessionsReply>(*other, &account_entity::list_sessions,
                                     ListSessionsRequest{})) == errc::unauthenticated);
  q.set_session_id(t.session_id());
  CHECK(code(w.as<Empty>(*other, &account_entity::revoke_session, q)) == errc::unauthenticated);
  q.set_session_id("01890000-0000-7000-8000-000000000000");
  CHECK(code(w.as<Empty>(t, &account_entity::revoke_session, q)) == errc::not_found);
}

TEST_CASE("a password change needs the old one and ends all other sessions") {
  auth_world w;
  const auto t = registered(w);
  const auto a = w.login("ann_1", good_password);
  const auto b = w.login("ann_1", good_password);
  w.events.clear();
  ChangePasswordRequest q;
  q.set_old_password(good_password);
  q.set_new_password("password");
  const auto refused = w.as<Empty>(t, &account_entity::change_password, q);
  CHECK(code(refused) == errc::invalid_request);
  CHECK(refused.error().fields.at(0).field == "new_password");
  q.set_new_password("another good password");
  CHECK(w.as<Empty>(t, &account_entity::change_password, q).has_value());
  CHECK(revoked_sessions(w) == std::vector<std::string>{a->session_id(), b->session_id()});
  CHECK(code(w.refresh(a->refresh_token())) == errc::unauthenticated);
  CHECK(w.refresh(t.refresh_token()).has_value());
  CHECK(code(w.login("ann_1", good_password)) == errc::invalid_credentials);
  CHECK(w.login("ann_1", "another good password").has_value());
}

TEST_CASE("one session more than the limit revokes the oldest") {
  auto settings = auth_world::cheap_settings();
  settings.sessions_per_account = 3;
  auth_world w(settings);
  const auto t = registered(w);
  std::vector<Tokens> more;
  for (int i = 0; i < 4; ++i) {
    w.now += 1000;
    more.push_back(*w.login("ann_1", good_password));
  }
  CHECK(sessions_of(w, more[3]).items_size() == 3);
  CHECK(code(w.refresh(t.refresh_token())) == errc::unauthenticated);
  CHECK(code(w.refresh(more[0].refresh_token())) == errc::unauthenticated);
  CHECK(w.refresh(more[1].refresh_token()).has_value());
}

TEST_CASE(
    "signing keys rotate: the next is known in advance, the old is served until its tokens have "
    "died") {
  auto settings = auth_world::cheap_settings();
  settings.signing_key_rotation_s = 3600;
  auth_world w(settings);
  const auto& signer = w.services().signer;
  w.now -= w.now % 3'600'000;
  w.now += 3'599'000;  // one second before a rotation
  const auto before = key_set{signer.public_keys(w.now)};
  const auto account = make_uuid_v7(w.now, w.random), session = make_uuid_v7(w.now, w.random);
  const auto old_token = signer.sign(account, session, w.now);
  w.now += 2000;
  const auto new_token = signer.sign(account, session, w.now);
  const auto after = key_set{signer.public_keys(w.now)};
  CHECK(jwt_key_id(old_token) != jwt_key_id(new_token));
  for (const auto& keys : {before, after})
    for (const auto& token : {old_token, new_token})
      CHECK(verify_jwt(token, keys, w.now).has_value());

  w.now += 900'000 + 60'000;
  const auto later = signer.public_keys(w.now);
  CHECK(later.size() == 2);
  CHECK(key_set{later}.find(*jwt_key_id(old_token)) == nullptr);
}

TEST_CASE(
    "row 22: while keys rotate no live token is refused, and an old key is forgotten in time") {
  constexpr std::uint32_t ttl_s = 900, rotation_s = 3600, refresh_s = 30;
  const root_key root{1, 2, 3};
  const token_signer signer(root, {.access_token_ttl_s = ttl_s, .rotation_s = rotation_s});
  const auto account = make_uuid_v7(1, system_random()), session = make_uuid_v7(1, system_random());
  const jwt_policy policy{"nova", "nova", 5};
  const unix_ms begin = 1'800'000'000'000;
  std::vector<std::string> tokens;  // one each ten seconds
  int refused = 0, dead_taken = 0;
  key_set known;
  for (unix_ms t = begin; t < begin + 3 * rotation_s * 1000LL; t += 10'000) {
    // A gateway reads the keys each refresh_s.
    if ((t - begin) % (refresh_s * 1000) == 0) known.keys = signer.public_keys(t);
    tokens.push_back(signer.sign(account, session, t));
    const auto alive = std::min<std::size_t>(tokens.size(), ttl_s / 10);
    for (std::size_t age = 0; age < alive; age += 13)
      refused += !verify_jwt(tokens[tokens.size() - 1 - age], known, t, policy);
    CHECK(known.keys.size() <= 3);
    if (tokens.size() > 120)
      dead_taken += bool(verify_jwt(tokens[tokens.size() - 120], known, t, policy));
  }
  CHECK(refused == 0);
  CHECK(dead_taken == 0);
  const auto first = jwt_key_id(tokens.front());
  REQUIRE(first);
  CHECK(known.find(*first) == nullptr);
  CHECK(known.find(*jwt_key_id(tokens.back())) != nullptr);
}

TEST_CASE("keys are the same after a restart, and others with another secret or series") {
  const unix_ms now = 1'800'000'000'000;
  const root_key a{1}, b{2};
  const auto kid = [&](const root_key& root, std::uint32_t series) {
    return token_signer(root, {900, 604800, series}).public_keys(now).front().kid;
  };
  CHECK(kid(a, 0) == kid(a, 0));
  CHECK(kid(a, 0) != kid(b, 0));
  CHECK(kid(a, 0) != kid(a, 1));
}

TEST_CASE("the keyring tells public keys as JWKs and asks the database for revocations") {
  auth_world w;
  rpc::caller anyone;
  runtime::reads none;
  auto out =
      keyring_entity::keys({}, session::KeysRequest{}, w.make_context("one", anyone, 0), none);
  const auto& d = std::get<runtime::decision<keyring_state>>(out);
  const auto& reply = dynamic_cast<const session::KeysReply&>(*d.reply);
  REQUIRE(reply.keys_size() >= 2);
  for (const auto& k : reply.keys()) {
    CHECK(k.kty() == "OKP");
    CHECK(k.crv() == "Ed25519");
    CHECK(k.alg() == "EdDSA");
    CHECK(k.use() == "sig");
    CHECK(base64url_decode(k.x())->size() == 32);
  }
  auto asked = keyring_entity::revocations({}, session::RevocationsRequest{},
                                           w.make_context("one", anyone, 0), none);
  REQUIRE(std::holds_alternative<runtime::need>(asked));
  runtime::reads r;
  const auto id = make_uuid_v7(w.now, w.random);
  r.append(storage::rows{2, {id, storage::timestamp{w.now + 5}}});
  auto told = keyring_entity::revocations({}, session::RevocationsRequest{},
                                          w.make_context("one", anyone, 0), r);
  const auto& list = dynamic_cast<const session::RevocationsReply&>(
      *std::get<runtime::decision<keyring_state>>(told).reply);
  REQUIRE(list.items_size() == 1);
  CHECK(list.items(0).session_id() == to_string(id));
  CHECK(list.items(0).until() == w.now + 5);
}
