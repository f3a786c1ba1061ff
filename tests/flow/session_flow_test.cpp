// Accounts and sessions from outside: registering, logging in, rotation, revocation, lock-out, and the socket's first call.
#include "tests/flow/world.hpp"

#include <boost/json/array.hpp>

#include <set>
#include <thread>

using namespace nova::flow;
using namespace std::chrono_literals;
using nova::client::find_string;

namespace {

http_reply refresh(const std::string& token) {
  return http().post("/v1/auth/refresh", R"({"refresh_token":)" + quoted(token) + "}");
}

http_reply log_in(const std::string& name, const std::string& password) {
  return http().post("/v1/auth/login", R"({"identifier":)" + quoted(name) + R"(,"password":)" +
                                           quoted(password) + "}");
}

std::unique_ptr<device> raw_socket() {
  auto d = std::make_unique<device>(
      the_world().io, nova::client::session_options{.to = the_world().nova.at(), .raw = true});
  REQUIRE(d->open());
  return d;
}

}  // namespace

TEST_CASE("e-mail and handle are unique in lower case, also when many ask at once") {
  const auto ann = person("ann");
  auto again = nova::client::unregistered("other" + nova::client::unique_suffix());
  again.email = ann.email;
  for (auto& c : again.email) c = static_cast<char>(std::toupper(c));
  auto reply = http().post("/v1/auth/register", nova::client::register_body(again));
  CHECK(reply.status == 409);
  CHECK(reply.code() == "email_taken");
  again = nova::client::unregistered("another" + nova::client::unique_suffix());
  const auto taken = ann.handle;
  again.handle = taken;
  for (auto& c : again.handle) c = static_cast<char>(std::toupper(c));
  reply = http().post("/v1/auth/register", nova::client::register_body(again));
  CHECK(reply.status == 409);
  CHECK(reply.code() == "handle_taken");

  const auto wanted = nova::client::unregistered("race" + nova::client::unique_suffix());
  std::vector<int> statuses(8);
  std::vector<std::thread> threads;
  for (auto& status : statuses)
    threads.emplace_back([&] {
      nova::client::http_client own(the_world().nova.at());
      status = own.post("/v1/auth/register", nova::client::register_body(wanted)).status;
    });
  for (auto& t : threads) t.join();
  CHECK(std::count(statuses.begin(), statuses.end(), 201) == 1);
  CHECK(std::count(statuses.begin(), statuses.end(), 409) == 7);
}

TEST_CASE("bad registrations name the field") {
  for (
      const auto& [field, body] : std::vector<std::pair<std::string, std::string>>{
          {"email",
           R"({"email":"no","handle":"fine_name1","password":"a good long one","display_name":"x"})"},
          {"handle",
           R"({"email":"a@example.org","handle":"no!","password":"a good long one","display_name":"x"})"},
          {"password",
           R"({"email":"a@example.org","handle":"fine_name2","password":"short","display_name":"x"})"},
          {"password",
           R"({"email":"a@example.org","handle":"fine_name3","password":"password","display_name":"x"})"}}) {
    CAPTURE(body);
    const auto reply = http().post("/v1/auth/register", body);
    CHECK(reply.status == 400);
    CHECK(reply.code() == "invalid_request");
    CHECK(reply.header("content-type").starts_with("application/problem+json"));
    CHECK(reply.header("x-request-id") != "");
    const auto document = reply.json();
    REQUIRE(document.is_object());
    REQUIRE(document.as_object().contains("errors"));
    CHECK(text(document.at("errors").as_array().at(0).as_object(), "field") == field);
  }
}

TEST_CASE("an Idempotency-Key gives the first registration again and refuses another body") {
  const auto a = nova::client::unregistered("idem" + nova::client::unique_suffix());
  nova::client::http_request request{"POST", "/v1/auth/register", nova::client::register_body(a)};
  request.headers.emplace_back("Idempotency-Key", "key-" + a.handle);
  const auto first = http().send(request), second = http().send(request);
  REQUIRE(first.status == 201);
  CHECK(second.status == 201);
  CHECK(find_string(second.body, "account_id") == find_string(first.body, "account_id"));
  auto other = a;
  other.password += "!";
  request.body = nova::client::register_body(other);
  const auto refused = http().send(request);
  CHECK(refused.status == 409);
  CHECK(refused.code() == "idempotency_key_reused");
}

TEST_CASE(
    "log in by e-mail or handle in either case; unknown name and wrong password answer alike") {
  const auto ann = person("ann");
  auto upper = ann.handle;
  for (auto& c : upper) c = static_cast<char>(std::toupper(c));
  CHECK(log_in(ann.email, ann.password).status == 200);
  CHECK(log_in(upper, ann.password).status == 200);
  const auto wrong = log_in(ann.handle, "wrong horse"),
             unknown = log_in("nobody_here", "wrong horse");
  CHECK(wrong.status == 401);
  CHECK(wrong.code() == "invalid_credentials");
  CHECK(unknown.status == 401);
  CHECK(unknown.code() == wrong.code());
  CHECK(text(unknown.json().as_object(), "detail") == text(wrong.json().as_object(), "detail"));
}

TEST_CASE(
    "from the sixth failure a name is locked, even for the right password; refresh goes on "
    "working") {
  const auto ann = person("ann");
  for (int i = 1; i <= 5; ++i) CHECK(log_in(ann.handle, "wrong horse").status == 401);
  const auto sixth = log_in(ann.handle, "wrong horse");
  CHECK(sixth.status == 429);
  CHECK(sixth.code() == "locked_out");
  CHECK(sixth.header("retry-after") != "");
  CHECK(log_in(ann.handle, ann.password).status == 429);
  CHECK(refresh(ann.refresh_token).status == 200);
  for (int i = 1; i <= 5; ++i) CHECK(log_in("nobody_at_all", "wrong horse").status == 401);
  CHECK(log_in("nobody_at_all", "wrong horse").status == 429);
}

TEST_CASE(
    "refresh rotates: the old token gives the same successor until that is used, then the family "
    "is revoked") {
  const auto ann = person("ann");
  const auto first = refresh(ann.refresh_token);
  REQUIRE(first.status == 200);
  const std::string successor(find_string(first.body, "refresh_token"));
  CHECK(successor != ann.refresh_token);
  const auto race = refresh(ann.refresh_token);
  REQUIRE(race.status == 200);
  CHECK(find_string(race.body, "refresh_token") == successor);
  const auto used = refresh(successor);
  REQUIRE(used.status == 200);
  const auto stolen = refresh(ann.refresh_token);
  CHECK(stolen.status == 401);
  CHECK(stolen.code() == "refresh_reused");
  CHECK(refresh(std::string(find_string(used.body, "refresh_token"))).status == 401);
  CHECK(refresh("nonsense").status == 401);
}

TEST_CASE("a revoked session is refused on HTTP and its sockets are closed with 4401 within 5 s") {
  const auto ann = person("ann");
  const auto phone = another_login(ann);
  auto at_home = socket(ann), on_phone = socket(phone);
  const auto list = http().get("/v1/auth/sessions", ann.access_token).json();
  REQUIRE(list.is_object());
  const auto& sessions = list.at("items").as_array();
  REQUIRE(sessions.size() == 2);
  std::string other;
  for (const auto& s : sessions)
    if (!s.at("current").as_bool()) other = text(s.as_object(), "session_id");
  REQUIRE(http().del("/v1/auth/sessions/" + other, ann.access_token).status == 204);
  CHECK(on_phone->closed(5s) == 4401);
  CHECK(http().get("/v1/users/me", phone.access_token).status == 401);
  CHECK(refresh(phone.refresh_token).status == 401);
  CHECK(http().get("/v1/users/me", ann.access_token).status == 200);
  CHECK(at_home->call("messaging.conversations", "{}").ok);

  CHECK(http()
            .post("/v1/auth/logout", R"({"refresh_token":)" + quoted(ann.refresh_token) + "}")
            .status == 204);
  CHECK(at_home->closed(5s) == 4401);
}

TEST_CASE("a new password ends the other sessions and keeps this one") {
  const auto ann = person("ann");
  const auto phone = another_login(ann);
  auto on_phone = socket(phone);
  const auto body = [&](const std::string& old) {
    return R"({"old_password":)" + quoted(old) + R"(,"new_password":"an entirely new phrase"})";
  };
  CHECK(http().post("/v1/auth/password", body("not the old one"), ann.access_token).code() ==
        "invalid_credentials");
  REQUIRE(http().post("/v1/auth/password", body(ann.password), ann.access_token).status == 204);
  CHECK(on_phone->closed(5s) == 4401);
  CHECK(http().get("/v1/users/me", ann.access_token).status == 200);
  CHECK(log_in(ann.handle, ann.password).status == 401);
  CHECK(log_in(ann.handle, "an entirely new phrase").status == 200);
}

TEST_CASE("without a token nothing is served, and a token in the address never counts") {
  const auto ann = person("ann");
  CHECK(http().get("/v1/users/me").status == 401);
  CHECK(http().get("/v1/users/me", "forged.token.here").status == 401);
  CHECK(http().get("/v1/users/me?access_token=" + ann.access_token).status == 401);
  CHECK(http().get("/healthz").status == 200);
  CHECK(http().get("/readyz").status == 200);
  device refused(the_world().io,
                 {.to = the_world().nova.at(), .access_token = "forged", .bearer_header = true});
  CHECK_FALSE(refused.open());
  CHECK(refused.http_status() == 401);
  device foreign(the_world().io, {.to = the_world().nova.at(),
                                  .access_token = ann.access_token,
                                  .origin = "https://elsewhere.example"});
  CHECK_FALSE(foreign.open());
  CHECK(foreign.http_status() == 403);
}

TEST_CASE(
    "the socket answers malformed frames and goes on; calls before session.open are refused") {
  const auto ann = person("ann");
  auto d = raw_socket();
  const auto ask = [&](const std::string& frame) {
    the_world().io.run([&] { d->raw().send_frame(frame); });
    const auto answer = d->any_push();
    REQUIRE(answer.has_value());
    return *answer;
  };
  const auto code = [](const object& answer) {
    return number(answer.at("error").as_object(), "code");
  };
  CHECK(code(ask("this is not JSON")) == -32700);
  CHECK(code(ask("[]")) == -32600);
  CHECK(code(ask(R"([{"jsonrpc":"2.0","id":1,"method":"x"}])")) == -32600);
  CHECK(code(ask(R"({"jsonrpc":"2.0","id":{},"method":"messaging.send"})")) == -32600);
  CHECK(code(ask(R"({"jsonrpc":"2.0","id":1,"method":"messaging.conversations","params":{}})")) ==
        4010);
  const auto opened =
      ask(R"({"jsonrpc":"2.0","id":"text","method":"session.open","params":{"access_token":)" +
          quoted(ann.access_token) + "}}");
  CHECK(text(opened, "id") == "text");
  REQUIRE(opened.contains("result"));
  CHECK(text(opened.at("result").as_object(), "session_id") != "");
  CHECK(code(ask(R"({"jsonrpc":"2.0","id":2,"method":"no.such","params":{}})")) == -32601);
  CHECK(code(ask(R"({"jsonrpc":"2.0","id":3,"method":"messaging.send","params":[]})")) == -32602);
  const auto list =
      ask(R"({"jsonrpc":"2.0","id":4,"method":"messaging.conversations","params":{}})");
  CHECK(list.at("result").at("items").as_array().empty());
}
