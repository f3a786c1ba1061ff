// What auth decides, without runtime and database: registration, sign-in, lock-out, passwords.
#include "actors/auth/auth_rules.hpp"
#include "actors/auth/password_rules.hpp"
#include "tests/auth/auth_world.hpp"

using namespace nova;
using namespace nova::auth;
using nova::auth::testing::auth_world;
using nova::auth::testing::good_password;

namespace {

errc code(const auto& r) {
  REQUIRE(r.has_error());
  return r.error().code;
}

std::vector<std::string> bad_fields(const auto& r) {
  REQUIRE(r.has_error());
  CHECK(r.error().code == errc::invalid_request);
  std::vector<std::string> out;
  for (const auto& f : r.error().fields) out.push_back(f.field);
  return out;
}

std::string repeated(std::string_view unit, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += unit;
  return out;
}

}  // namespace

TEST_CASE("a registration gives tokens, an account, two names, a session and an event") {
  auth_world w;
  const auto t = w.register_account("Ann@Example.com", "Ann_1");
  REQUIRE(t.has_value());
  CHECK(t->expires_in_s() == 900);
  CHECK(w.names.contains("ann@example.com"));
  CHECK(w.names.contains("ann_1"));
  REQUIRE(w.events.size() == 1);
  const auto& e = dynamic_cast<const AccountRegistered&>(*w.events[0].body);
  CHECK(e.account_id() == t->account_id());
  CHECK(e.handle() == "Ann_1");
  CHECK(e.display_name() == "Ann_1");
  CHECK(e.registered_at() == w.now);

  key_set keys{w.services().signer.public_keys(w.now)};
  const auto claims = verify_jwt(t->access_token(), keys, w.now);
  REQUIRE(claims.has_value());
  CHECK(claims->sub == t->account_id());
  CHECK(claims->sid == t->session_id());
  CHECK(claims->exp == w.now / 1000 + 900);
}

TEST_CASE("names are unique in lower case, and a taken name costs no hash") {
  auth_world w;
  REQUIRE(w.register_account("ann@example.com", "Ann").has_value());
  const auto jobs = w.jobs;
  CHECK(code(w.register_account("ANN@example.COM", "other")) == errc::email_taken);
  CHECK(code(w.register_account("other@example.com", "aNN")) == errc::handle_taken);
  CHECK(w.jobs == jobs);
}

TEST_CASE("of two registrations at the same moment the second to commit is refused") {
  auth_world w;
  result<Tokens> first = make_error(errc::internal);
  w.before_commit = [&] { first = w.register_account("ann@example.com", "first"); };
  const auto second = w.register_account("ann@example.com", "second");
  CHECK(first.has_value());
  CHECK(code(second) == errc::email_taken);
  CHECK_FALSE(w.names.contains("second"));
}

TEST_CASE("all bad fields are told at once") {
  auth_world w;
  CHECK(bad_fields(w.register_account("nobody", "a!", "short", repeated("x", 65))) ==
        std::vector<std::string>{"email", "handle", "password", "display_name"});
}

TEST_CASE("e-mail addresses are judged as the HTML standard does") {
  for (auto good : {"a@b", "a.b+c@example.com", "x_y-z@sub.example.co", "o'neil@example.com"})
    CHECK_MESSAGE(valid_email(good), good);
  for (auto bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b c", "a@-b", "a@b-", "a@b..c", "a@.b",
                   "a\n@b", "a@b\x7f", "ä@b"})
    CHECK_FALSE_MESSAGE(valid_email(bad), bad);
  CHECK(valid_email(repeated("x", 64) + "@" + repeated("abcdefgh.", 20) + "com"));
  CHECK_FALSE(valid_email(repeated("x", 64) + "@" + repeated("abcdefgh.", 21) + "com"));
  CHECK_FALSE(valid_email(repeated("x", 65) + "@b"));
}

TEST_CASE("handles have 3 to 30 letters, digits and underscores") {
  CHECK(valid_handle("abc"));
  CHECK(valid_handle(repeated("Z", 30)));
  CHECK_FALSE(valid_handle("ab"));
  CHECK_FALSE(valid_handle(repeated("Z", 31)));
  for (auto bad : {"a-b", "a b", "a@b", "äbc", "a.b", "a\nb"})
    CHECK_FALSE_MESSAGE(valid_handle(bad), bad);
}

TEST_CASE(
    "rows 23 and 24: passwords are counted in code points, and refused when common or of names") {
  const auto problem = [](std::string_view p) {
    return password_problem(p, "ann_lee", "lee.ann@example.com");
  };
  CHECK(problem(good_password).empty());
  CHECK_FALSE(problem("1234567").empty());
  CHECK(problem("xk3 9wQ!").empty());
  CHECK(problem(repeated("ü", 8)).empty());
  CHECK_FALSE(problem(repeated("ü", 7)).empty());
  CHECK(problem(repeated("é", 1024)).empty());
  CHECK_FALSE(problem(repeated("x", 1025)).empty());
  CHECK_FALSE(problem(std::string_view("with\0 nul in it", 15)).empty());
  for (auto common : {"password", "PassWord", "12345678", "qwertyuiop", "iloveyou", "password123"})
    CHECK_FALSE_MESSAGE(problem(common).empty(), common);
  for (auto named : {"ann_lee_", "ANN_LEE1", "ann_leeann_lee12", "lee.ann!", "1lee.ann2345"})
    CHECK_FALSE_MESSAGE(problem(named).empty(), named);
  CHECK(problem("pw-of-ann_lee-today").empty());
  CHECK(common_passwords().size() == 3000);
  for (auto common : common_passwords()) CHECK_FALSE_MESSAGE(problem(common).empty(), common);
}

TEST_CASE("a display name is trimmed, may not mislead, and defaults to the handle") {
  auth_world w;
  REQUIRE(
      w.register_account("a@example.com", "handle_a", good_password, "  Ann  Lee\t").has_value());
  CHECK(dynamic_cast<const AccountRegistered&>(*w.events[0].body).display_name() == "Ann  Lee");
  REQUIRE(w.register_account("b@example.com", "handle_b", good_password, "").has_value());
  CHECK(dynamic_cast<const AccountRegistered&>(*w.events[1].body).display_name() == "handle_b");
  REQUIRE(w.register_account("c@example.com", "handle_c", good_password, repeated("中", 64))
              .has_value());
  CHECK(bad_fields(w.register_account("d@example.com", "handle_d", good_password, " \u3000 ")) ==
        std::vector<std::string>{"display_name"});
  CHECK(bad_fields(w.register_account("d@example.com", "handle_d", good_password, "a\x01z")) ==
        std::vector<std::string>{"display_name"});
  CHECK(bad_fields(w.register_account("d@example.com", "handle_d", good_password, "a\u202Ez")) ==
        std::vector<std::string>{"display_name"});
}

TEST_CASE("one signs in by e-mail address or handle, in any case, with the exact password") {
  auth_world w;
  const auto password = good_password + " \xC3\xBC " + repeated("y", 60);
  const auto born = w.register_account("ann@example.com", "Ann_1", password);
  REQUIRE(born.has_value());
  for (auto name : {"ann@example.com", "ANN@EXAMPLE.COM", "ann_1", "ANN_1"}) {
    const auto t = w.login(name, password);
    REQUIRE(t.has_value());
    CHECK(t->account_id() == born->account_id());
    CHECK(t->session_id() != born->session_id());
  }
  auto differs_late = password;
  differs_late.back() = 'z';
  CHECK(code(w.login("ann_1", differs_late)) == errc::invalid_credentials);
}

TEST_CASE(
    "known and unknown names answer alike: five refusals, then a lock that doubles from 2 s") {
  for (const std::string name : {"ann_1", "nobody_here"}) {
    CAPTURE(name);
    auth_world w;
    REQUIRE(w.register_account("ann@example.com", "Ann_1").has_value());
    for (int i = 0; i < 5; ++i) {
      const auto jobs = w.jobs;
      CHECK(code(w.login(name, "wrong password")) == errc::invalid_credentials);
      CHECK(w.jobs == jobs + 1);
    }
    std::uint32_t delay_ms = 2000;
    for (int i = 0; i < 12; ++i) {
      const auto jobs = w.jobs;
      auto r = w.login(name, "wrong password");
      CHECK(code(r) == errc::locked_out);
      CHECK(r.error().retry_after_ms == delay_ms);
      CHECK(w.jobs == jobs + 1);
      w.now += delay_ms - 1;
      r = w.login(name, good_password);
      CHECK(code(r) == errc::locked_out);
      CHECK(r.error().retry_after_ms == 1);
      CHECK(w.jobs == jobs + 1);
      w.now += 1;
      delay_ms = std::min(delay_ms * 2, 3'600'000u);
    }
    CHECK(delay_ms == 3'600'000);
    const auto r = w.login(name, good_password);
    CHECK(r.has_value() == (name == "ann_1"));
  }
}

TEST_CASE("all names of an account share one count, and so does the password change") {
  auth_world w;
  const auto t = w.register_account("ann@example.com", "Ann_1");
  for (int i = 0; i < 2; ++i)
    CHECK(code(w.login("ann_1", "wrong password")) == errc::invalid_credentials);
  for (int i = 0; i < 2; ++i)
    CHECK(code(w.login("ann@example.com", "wrong password")) == errc::invalid_credentials);
  ChangePasswordRequest q;
  q.set_old_password("wrong password");
  q.set_new_password("another good password");
  CHECK(code(w.as<Empty>(*t, &account_entity::change_password, q)) == errc::invalid_credentials);
  CHECK(code(w.login("ann_1", "wrong password")) == errc::locked_out);
  CHECK(code(w.as<Empty>(*t, &account_entity::change_password, q)) == errc::locked_out);
  CHECK(w.refresh(t->refresh_token()).has_value());
}

TEST_CASE("a sign-in forgets the failures before it, and so does a quiet day") {
  auth_world w;
  REQUIRE(w.register_account("ann@example.com", "Ann_1").has_value());
  for (int i = 0; i < 5; ++i)
    CHECK(code(w.login("ann_1", "wrong password")) == errc::invalid_credentials);
  REQUIRE(w.login("ann_1", good_password).has_value());
  for (int i = 0; i < 5; ++i)
    CHECK(code(w.login("ann_1", "wrong password")) == errc::invalid_credentials);
  w.now += 86'400'000;
  for (int i = 0; i < 5; ++i)
    CHECK(code(w.login("ann_1", "wrong password")) == errc::invalid_credentials);
  CHECK(code(w.login("ann_1", "wrong password")) == errc::locked_out);
}

TEST_CASE(
    "row 28: hashes have the asked cost, and weaker ones are replaced at a sign-in, stronger ones "
    "kept") {
  auto settings = auth_world::cheap_settings();
  auth_world w(settings);
  const auto t = w.register_account("ann@example.com", "Ann_1");
  auto& account = *w.accounts.at(*parse_uuid(t->account_id())).account;
  CHECK(account.password_hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
  CHECK(hash_password(good_password, {1, 8}) != hash_password(good_password, {1, 8}));  // salted
  account.password_hash = hash_password(good_password, {2, 64});
  const auto strong = account.password_hash;
  REQUIRE(w.login("ann_1", good_password).has_value());
  CHECK(account.password_hash == strong);

  CHECK(weaker_than(strong, {3, 64}));
  CHECK(weaker_than(strong, {2, 65}));
  CHECK(weaker_than("$argon2i$v=19$m=65536,t=9,p=1$x$y", {2, 64}));
  CHECK(weaker_than("", {1, 8}));
  CHECK_FALSE(weaker_than(strong, {2, 64}));

  settings.password_memory_kib = 16;
  auth_world later(settings);
  const auto t2 = later.register_account("ann@example.com", "Ann_1");
  auto& account2 = *later.accounts.at(*parse_uuid(t2->account_id())).account;
  account2.password_hash = hash_password(good_password, {1, 8});
  CHECK(code(later.login("ann_1", "wrong password")) == errc::invalid_credentials);
  CHECK(weaker_than(account2.password_hash, {1, 16}));
  REQUIRE(later.login("ann_1", good_password).has_value());
  CHECK(account2.password_hash.starts_with("$argon2id$v=19$m=16,t=1,p=1$"));
  CHECK(verify_password(account2.password_hash, good_password));
}

TEST_CASE("row 28: the default cost is OWASP's floor") {
  const config::auth_settings s;
  CHECK(s.password_opslimit >= 2);
  CHECK(s.password_memory_kib >= 19456);
}

TEST_CASE(
    "row 26: a guess each second gets fourteen evaluated in 15 minutes, as the contract's lock "
    "says") {
  auth_world w;
  const auto t = w.register_account("ann@example.com", "Ann_1");
  int evaluated = 0;
  for (int second = 0; second < 15 * 60; ++second, w.now += 1000) {
    const auto before = w.jobs;
    (void)w.login(second % 2 ? "ann_1" : "ann@example.com", "wrong password");
    evaluated += w.jobs != before;
  }
  CHECK(evaluated == 14);
  CHECK(w.refresh(t->refresh_token()).has_value());  // the owner's device
}

TEST_CASE("a decoy id is stable, differs by name and is no account's") {
  auth_world w;
  const auto a = w.services().decoy_account("a");
  CHECK(a == w.services().decoy_account("a"));
  CHECK(a != w.services().decoy_account("b"));
  CHECK((a.data[6] >> 4) == 8);
}

TEST_CASE("a user agent is kept as printable ASCII of bounded length") {
  CHECK(kept_user_agent("curl/8") == "curl/8");
  CHECK(kept_user_agent("a\xC3\xBC\r\n") == "a????");
  CHECK(kept_user_agent(repeated("x", 1000)).size() == 256);
}
