// Operators at a running nova: the socket in the data folder, the commands, and the same calls over HTTP.
#include "tests/config/operators_stage.hpp"
#include "tests/support/client/json_text.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <map>

using namespace nova;
using client::quoted;
using nova::test::operators_stage;

namespace {

struct stage : operators_stage {
  /// Letters of profiles; each has one of the changed card behind it.
  boost::json::array dead() const {
    boost::json::array out;
    const auto all = run("events dead --consumer messaging --json").json();
    for (const auto& item : all.at("items").as_array())
      if (item.at("event") == "user.ProfileChanged") out.push_back(item);
    return out;
  }
  std::string sql(const std::string& text) const { return operators_stage::sql("messaging", text); }
  void rename(const client::account& a, const std::string& name) const {
    const auto r =
        http->patch("/v1/users/me", R"({"display_name":)" + quoted(name) + "}", a.access_token);
    // Stored in any case; 503 says that an earlier event of the key waits as a letter.
    REQUIRE_MESSAGE((r.status == 200 || r.status == 503), r.body);
  }
  std::string known_name(const client::account& a) const {
    return sql("SELECT coalesce((SELECT display_name FROM person WHERE account_id = '" + a.id +
               "'), '-')");
  }
};

bool holds(const boost::json::value& text, std::string_view part) {
  return std::string(text.as_string()).find(part) != std::string::npos;
}

constexpr const char* poison =
    "ALTER TABLE person ADD CONSTRAINT poison CHECK (display_name <> 'poison') NOT VALID";
constexpr const char* antidote = "ALTER TABLE person DROP CONSTRAINT poison";

/// `all`: what a replay without a time has read.
void replays_from_a_time(const stage& s, const client::account& ada, std::int64_t all) {
  const auto now = s.ask("nova_user",
                         "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', "
                         "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')");
  s.rename(ada, "since");
  REQUIRE(s.until([&] { return s.known_name(ada) == "since"; }));
  s.sql("UPDATE person SET display_name = 'lost' WHERE account_id = '" + ada.id + "'");
  const auto since =
      std::stoll(s.ask("nova_user", "SELECT count(*) FROM outbox WHERE at >= '" + now + "'"));
  CHECK(since >= 1);
  CHECK(since < all);
  const auto from = [&](const std::string& time) {
    return s.run("events replay messaging --source user --from-time " + time +
                 " --reason 'a row is wrong' --json");
  };
  const auto some = from(now);
  CHECK_MESSAGE(some.json().at("events").as_int64() == since, some.out);
  REQUIRE(s.until([&] { return s.known_name(ada) == "since"; }));
  CHECK(from("2999-01-01T00:00:00.000Z").json().at("events").as_int64() == 0);
  CHECK(from("yesterday").status != 0);
}

}  // namespace

TEST_CASE(
    "an operator's event commands: lag, dead, show, retry in order, discard with a reason, "
    "replay") {
  stage s;
  struct stat mode {};
  REQUIRE(::stat((s.nova.data() + "/operators.sock").c_str(), &mode) == 0);
  CHECK((mode.st_mode & 0777) == 0600);

  const auto ada = s.person("ada");
  const auto rename = [&](const std::string& name) { s.rename(ada, name); };
  REQUIRE(s.until([&] { return s.known_name(ada) != "-"; }));
  s.sql(poison);
  rename("poison");
  REQUIRE(s.until([&] { return s.dead().size() == 1; }));
  rename("after");
  REQUIRE(s.until([&] { return s.dead().size() == 2; }));

  const auto list = s.dead();
  CHECK(list[0].at("event") == "user.ProfileChanged");
  CHECK(list[0].at("status") == "dead");
  CHECK(list[1].at("status") == "waiting");
  const std::string first(list[0].at("letter_id").as_string());
  const auto shown = s.run("events show " + first + " --json").json();
  CHECK(holds(shown.at("payload"), "poison"));
  CHECK(holds(shown.at("reason"), "poison"));
  const auto lag = s.run("events lag --json").json();
  std::int64_t letters = 0;
  for (const auto& item : lag.at("items").as_array())
    if (item.at("consumer") == "messaging" && item.at("source") == "user")
      letters += item.at("dead_letters").as_int64();
  CHECK(letters == 4);

  s.sql(antidote);
  CHECK(s.run("events retry " + first + " --reason 'the check is gone'").out == "done\n");
  REQUIRE(s.until([&] { return s.dead().empty(); }));
  CHECK(s.known_name(ada) == "after");  // both, the older one first

  s.sql(poison);
  rename("poison");
  REQUIRE(s.until([&] { return s.dead().size() == 1; }));
  rename("later");
  REQUIRE(s.until([&] { return s.dead().size() == 2; }));
  const std::string second(s.dead()[0].at("letter_id").as_string());
  CHECK(s.run("events discard " + second).status == 2);
  CHECK(s.run("events discard " + second + " --reason 'a test'").status == 0);
  REQUIRE(s.until([&] { return s.known_name(ada) == "later"; }));
  CHECK(s.run("events discard " + second + " --reason again").status == 1);
  CHECK(s.sql("SELECT string_agg(act || ' ' || target || ' ' || reason, ';' ORDER BY at) FROM "
              "operator_act "
              "WHERE act <> 'replay'") ==
        "retry_letter " + first + " the check is gone;discard_letter " + second + " a test");

  s.sql(antidote);
  s.sql("DELETE FROM person WHERE account_id = '" + ada.id + "'");
  const auto replayed =
      s.run("events replay messaging --source user --reason 'a row was lost' --json");
  CHECK_MESSAGE(replayed.json().at("events").as_int64() >= 4, replayed.out);
  REQUIRE(s.until([&] { return s.known_name(ada) == "later"; }));
  CHECK(s.run("acts").out.find("a row was lost") != std::string::npos);

  replays_from_a_time(s, ada, replayed.json().at("events").as_int64());
  CHECK(s.run("sagas list").out == "none\n");
  CHECK(s.nova.stop() == 0);
  const auto gone = s.run("events lag");
  CHECK(gone.status == 1);
  CHECK(gone.out.find("no Nova serves") != std::string::npos);
}

TEST_CASE("over HTTP the same calls need the operator role, which is given at the socket") {
  stage s;
  const auto ada = s.person("ada"), eve = s.person("eve");
  CHECK(s.http->get("/v1/admin/events/lag").status == 401);
  for (const char* path : {"/v1/admin/events/lag", "/v1/admin/events/dead", "/v1/admin/sagas",
                           "/v1/admin/acts", "/v1/admin/operators"}) {
    const auto r = s.http->get(path, ada.access_token);
    CHECK_MESSAGE(r.status == 403, path);
    CHECK(r.code() == "forbidden");
  }
  const std::string replay = R"({"consumer":"messaging","reason":"r"})";
  CHECK(s.http->post("/v1/admin/events/replay", replay, ada.access_token).status == 403);
  CHECK(s.http->put("/v1/admin/operators/" + ada.handle, "{}", ada.access_token).status == 403);

  CHECK(s.run("account operator add nobody_here").status == 1);
  CHECK(s.run("account operator add " + ada.handle + " --reason 'on call'").status == 0);
  for (const char* path : {"/v1/admin/events/lag", "/v1/admin/events/dead", "/v1/admin/sagas",
                           "/v1/admin/operators"}) {
    const auto r = s.http->get(path, ada.access_token);
    CHECK_MESSAGE(r.status == 200, r.body);
  }
  CHECK(s.http->get("/v1/admin/events/lag", eve.access_token).status == 403);
  CHECK(s.http->get("/v1/admin/events/dead/messaging.user.0.1", ada.access_token).status == 404);
  CHECK(s.http->post("/v1/admin/events/dead/messaging.user.0.1/discard", "{}", ada.access_token)
            .status == 400);
  CHECK(s.http->post("/v1/admin/events/replay", replay, ada.access_token).status == 200);
  CHECK(s.http->post("/v1/admin/sagas/auth.nothing/retry", "{}", ada.access_token).status == 404);
  const auto acts = s.http->get("/v1/admin/acts", ada.access_token).json().at("items").as_array();
  REQUIRE(acts.size() == 2);
  CHECK(acts[0].at("actor").as_string() == std::string_view(ada.id));
  CHECK(acts[0].at("act") == "replay");
  CHECK(acts[1].at("actor").as_string().starts_with("system user "));
  CHECK(acts[1].at("target").as_string() == std::string_view(ada.id));

  CHECK(s.http->del("/v1/admin/operators/" + ada.handle, ada.access_token).status == 204);
  CHECK(s.http->get("/v1/admin/events/lag", ada.access_token).status == 403);
}

TEST_CASE(
    "a deletion that waits is shown; an operator can neither begin it early nor take it back") {
  stage s;
  const auto ada = s.person("ada");
  std::string password = ada.password;
  std::ranges::replace(password, ' ', '+');
  const auto r = s.http->del("/v1/account?password=" + password, ada.access_token);
  REQUIRE_MESSAGE(r.status == 202, r.body);
  const std::string saga = "auth." + std::string(r.json().at("certificate_id").as_string());
  const auto shown = s.run("sagas show " + saga + " --json").json();
  CHECK(shown.at("phase") == "waiting");
  CHECK(shown.at("definition") == "deletion");
  CHECK(s.run("sagas retry " + saga).out.find("has not begun") != std::string::npos);
  CHECK(s.run("sagas compensate " + saga + " --reason r").status == 1);
  CHECK(s.run("sagas show auth.nothing").status == 1);
}

namespace {

/// Overdue after a second; the other cases have the setting's default.
struct hasty_registrations {
  hasty_registrations() { ::setenv(name, "1", 1); }
  ~hasty_registrations() { ::unsetenv(name); }
  hasty_registrations(const hasty_registrations&) = delete;
  hasty_registrations& operator=(const hasty_registrations&) = delete;
  static constexpr const char* name = "NOVA_AUTH__REGISTRATION_STEP_DEADLINE_S";
};

}  // namespace

TEST_CASE(
    "a registration that a domain never answers is stuck: one is retried, one is taken back") {
  const hasty_registrations hasty;
  stage s;
  const auto join = [&](client::account& a, const std::string& display_name) {
    const auto r = s.http->post(
        "/v1/auth/register", R"({"email":)" + quoted(a.email) + R"(,"handle":)" + quoted(a.handle) +
                                 R"(,"password":)" + quoted(a.password) + R"(,"display_name":)" +
                                 quoted(display_name) + "}");
    INFO(r.body);
    REQUIRE(client::take_tokens(a, r));
  };
  auto ada = client::unregistered("ada" + client::unique_suffix()),
       eve = client::unregistered("eve" + client::unique_suffix());
  const std::string table = "ALTER TABLE profile ";
  s.ask("nova_user", table + "ADD CONSTRAINT poison CHECK (display_name <> 'poison') NOT VALID");
  join(ada, "poison");
  join(eve, "poison");
  // The order is lost: an operator discards what user cannot take.
  const auto letters = [&] {
    return s.run("events dead --consumer user --json").json().at("items").as_array();
  };
  REQUIRE(s.until([&] { return letters().size() >= 2; }));
  for (const auto& letter : letters())
    CHECK(s.run("events discard " + std::string(letter.at("letter_id").as_string()) +
                " --reason 'a test'")
              .status == 0);
  std::map<std::string, std::string> stuck;  // account → saga
  REQUIRE(s.until([&] {
    stuck.clear();
    const auto open = s.run("sagas list --json").json();
    for (const auto& saga : open.at("items").as_array())
      if (saga.at("phase") == "stuck" && saga.at("definition") == "registration")
        stuck.emplace(saga.at("entity").as_string(), saga.at("saga_id").as_string());
    return stuck.size() == 2;
  }));
  CHECK(s.run("sagas list").out.find("stuck") != std::string::npos);
  const auto phase = [&](const client::account& a) {
    return std::string(
        s.run("sagas show " + stuck[a.id] + " --json").json().at("phase").as_string());
  };
  CHECK(phase(ada) == "stuck");
  s.ask("nova_user", table + "DROP CONSTRAINT poison");

  const auto retried = s.run("sagas retry " + stuck[ada.id] + " --reason 'the check is gone'");
  CHECK_MESSAGE(retried.out == "done\n", retried.out);
  // Nothing is kept of a registration that is done.
  REQUIRE(s.until([&] { return s.run("sagas show " + stuck[ada.id]).status == 1; }));
  CHECK(s.http->get("/v1/users/" + ada.id, ada.access_token).status == 200);
  CHECK(s.known_name(ada) == "poison");

  CHECK(s.run("sagas compensate " + stuck[eve.id]).status == 2);  // without a reason
  const auto undone = s.run("sagas compensate " + stuck[eve.id] + " --reason 'asked for'");
  CHECK_MESSAGE(undone.out == "done\n", undone.out);
  REQUIRE(s.until([&] { return phase(eve) == "undone"; }));
  CHECK(s.run("sagas list").out == "none\n");
  CHECK(s.run("sagas retry " + stuck[eve.id] + " --reason again").status == 1);
  const auto former = eve.id;
  join(eve, "Eve");  // her names are free
  CHECK(eve.id != former);
  CHECK(s.until([&] { return s.known_name(eve) == "Eve"; }));
  CHECK(s.run("acts").out.find("the check is gone") != std::string::npos);
  CHECK(s.run("acts").out.find("asked for") != std::string::npos);
}
