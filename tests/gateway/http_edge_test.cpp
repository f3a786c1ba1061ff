// HTTP over real sockets: what is refused and how, routes, bodies, problem documents, limits and
// time-outs.
#include "tests/gateway/edge_fixture.hpp"

#include "protocols/messaging/messaging.pb.h"
#include "protocols/session/session.pb.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

using namespace nova;
using namespace nova::test;

namespace {

const std::string end = "\r\n\r\n", second = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

std::string conversation() { return "/v1/conversations/0190a000-0000-7000-8000-000000000001"; }

/// Sends `bytes`, then a good request behind it: the bad one must be answered with `status` and
/// nothing after.
void refused(edge& e, const std::string& bytes, int status) {
  CAPTURE(bytes.substr(0, 120));
  raw_client c(e.port);
  c.send(bytes + second);
  auto reply = c.read_reply();
  CHECK(reply.status == status);
  CHECK(reply.fields["connection"] == "close");
  CHECK(reply.fields["content-type"] == "application/problem+json");
  CHECK(reply.fields.contains("x-request-id"));
  CHECK(c.ended());
}

boost::json::object problem(const http_reply& r) { return boost::json::parse(r.body).as_object(); }

}  // namespace

TEST_CASE("row 1: framing that RFC 9112 forbids is 400, and the next request is never served") {
  edge e;
  const std::string post = "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\n";
  for (const std::string& fields : {
           std::string("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"),
           std::string("Transfer-Encoding: gzip\r\n\r\nhello"),
           std::string("Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
           std::string("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
           std::string("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
           std::string("Content-Length: 5, 5\r\n\r\nhello"),
           std::string("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
           std::string("Content-Length: -5\r\n\r\nhello"),
           std::string("Content-Length: +5\r\n\r\nhello"),
           std::string("Content-Length: 0x5\r\n\r\nhello"),
           std::string("Content-Length: 99999999999999999999\r\n\r\nhello"),
           std::string("X-A: b\r\n folded\r\nContent-Length: 0\r\n\r\n"),
           std::string("Host: b\r\nContent-Length: 0\r\n\r\n"),
           std::string("X-A : b\r\nContent-Length: 0\r\n\r\n"),
           std::string("X-A: b\x01\r\nContent-Length: 0\r\n\r\n"),
           std::string("X-A: b\nX-B: c\r\nContent-Length: 0\r\n\r\n"),
           std::string("X-A: b\rc\r\nContent-Length: 0\r\n\r\n"),
           std::string("X-A: b\0c\r\nContent-Length: 0\r\n\r\n", 31),
           std::string(": b\r\nContent-Length: 0\r\n\r\n"),
           std::string("Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n"),
           std::string("Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n"),
           std::string("Transfer-Encoding: chunked\r\n\r\n5;a=\"\x01\"\r\nhello\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding: chunked\r\n\r\n5;") + std::string(2000, 'a') +
               "\r\nhello\r\n0\r\n\r\n",
       })
    refused(e, post + fields, 400);
  refused(e,
          "POST /v1/auth/login HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked" + end + "0" + end,
          400);
  refused(e, "GET / HTTP/1.1" + end, 400);  // no Host
  refused(e, "GET http:///x HTTP/1.1\r\nHost: a" + end, 400);
  refused(e, "GET /a b HTTP/1.1\r\nHost: a" + end, 400);
  refused(e, "GET a HTTP/1.1\r\nHost: a" + end, 400);
  CHECK(e.metric("requests_refused_total") >= 29);
}

TEST_CASE("row 1: a chunk extension of 200 kB and a flood of trailers end before they are read") {
  edge e;
  raw_client extension(e.port);
  extension.send("POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
                 std::string(200'000, 'a'));
  auto refused_with = extension.read_reply().status;
  CHECK((refused_with == 400 || refused_with == 0));  // 0: the reset overtook the answer
  raw_client c(e.port);
  std::string trailers;
  for (int i = 0; i < 20000; ++i) trailers += "X-Trailer-" + std::to_string(i) + ": value\r\n";
  c.send("POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" +
         trailers);
  auto status = c.read_reply().status;
  CHECK((status == 400 || status == 0));
}

TEST_CASE("rows 3 and 4: headers, targets and bodies over their limits") {
  edge e;
  refused(e, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17'000, 'a') + end, 431);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  refused(e, many + "\r\n", 431);
  refused(e, "GET /" + std::string(8193, 'a') + " HTTP/1.1\r\nHost: a" + end, 414);
  refused(e, "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577" + end, 413);

  raw_client chunks(e.port);
  chunks.send("POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked" + end);
  std::string chunk = "10000\r\n" + std::string(65536, 'a') + "\r\n";
  for (int i = 0; i < 17; ++i) chunks.send(chunk);
  CHECK(chunks.read_reply().status == 413);

  raw_client whole(e.port);  // a client that reads only after its last byte gets the answer too
  whole.send("POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304" + end);
  for (int i = 0; i < 64; ++i) whole.send(std::string(65536, 'a'));
  CHECK(whole.read_reply().status == 413);

  CHECK(e.get("/" + std::string(4000, 'a')).status == 404);
  CHECK(e.get("/healthz", "X: " + std::string(7000, 'a') + "\r\n").status == 200);
}

TEST_CASE("row 3: a header without end is refused when it is over the limit") {
  edge e;
  raw_client c(e.port);
  c.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17'000, 'a'));
  CHECK(c.read_reply().status == 431);
  raw_client d(e.port);
  d.send("GET /" + std::string(9000, 'a'));
  CHECK(d.read_reply().status == 414);
}

TEST_CASE("row 6: verbs that are not served, and a field that would change the verb") {
  edge e;
  refused(e, "TRACE / HTTP/1.1\r\nHost: a" + end, 405);
  refused(e, "CONNECT a:80 HTTP/1.1\r\nHost: a" + end, 405);
  refused(e, "BREW / HTTP/1.1\r\nHost: a" + end, 501);
  refused(e, "get / HTTP/1.1\r\nHost: a" + end, 501);
  auto reply = e.send("DELETE", "/v1/auth/login", "", "");
  CHECK(reply.status == 405);
  CHECK(reply.fields["allow"] == "POST, OPTIONS");
  CHECK(problem(reply)["code"] == "method_not_allowed");
  CHECK(e.send("POST", "/v1/auth/login",
               "X-HTTP-Method-Override: DELETE\r\nContent-Type: application/json\r\n",
               R"({"identifier":"a","password":"b"})")
            .status == 200);
}

TEST_CASE("keep-alive and pipelined requests are answered in order") {
  edge e;
  raw_client c(e.port);
  c.send(
      "\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nX-Request-Id: one\r\n\r\n"
      "HEAD /healthz HTTP/1.1\r\nHost: a\r\nX-Request-Id: two\r\n\r\n"
      "GET http://a/nothing HTTP/1.1\r\nHost: a\r\nX-Request-Id: not fit!\r\n\r\n");
  auto one = c.read_reply(), two = c.read_reply(true), three = c.read_reply();
  CHECK(one.fields["x-request-id"] == "one");
  CHECK(one.body == R"({"status":"ok"})");
  CHECK(two.fields["x-request-id"] == "two");
  CHECK(two.fields["content-length"] == one.fields["content-length"]);
  CHECK(three.status == 404);
  CHECK(three.fields["x-request-id"].size() == 36);
  CHECK(problem(three)["request_id"].as_string() == three.fields["x-request-id"]);
  c.send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(c.read_reply().status == 200);
  CHECK(c.ended());
}

TEST_CASE("Expect: 100-continue") {
  edge e;
  raw_client c(e.port);
  c.send(
      "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Type: "
      "application/json\r\n"
      "Content-Length: 33\r\n\r\n");
  CHECK(c.read_reply().status == 100);
  c.send(R"({"identifier":"a","password":"b"})");
  CHECK(c.read_reply().status == 200);
  refused(e,
          "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 5" + end,
          417);
}

TEST_CASE("a declared method: JSON body, path, query, statuses") {
  edge e;
  e.bus.on("messaging.send", [](rpc::call& c) {
    auto reply = std::make_shared<messaging::SendReply>();
    reply->set_seq(7);
    reply->set_message_id("m");
    reply->set_sent_at(1'700'000'000'000);
    c.reply(rpc::message_ptr(reply));
  });
  auto target = conversation() + "/messages";
  auto reply =
      e.send("POST", target, e.bearer() + "Content-Type: application/json; charset=utf-8\r\n",
             R"({"conversation_id":"ignored","client_id":"c1","text":"hi \u4f60"})");
  REQUIRE(reply.status == 201);
  CHECK(reply.body == R"({"message_id":"m","seq":7,"sent_at":"2023-11-14T22:13:20.000Z"})");
  auto call = e.bus.calls("messaging.send", 1)[0];
  const auto& sent = static_cast<const messaging::SendRequest&>(*call.request);
  CHECK(sent.conversation_id() == "0190a000-0000-7000-8000-000000000001");
  CHECK(sent.text() == "hi \xe4\xbd\xa0");
  CHECK(call.caller.account == e.account);
  CHECK(call.caller.session == e.session);
  CHECK(call.caller.address == "127.0.0.1");
  CHECK(call.caller.kind == rpc::caller_kind::user);

  CHECK(e.get(target + "?limit=20&after_seq=3&unknown=1", e.bearer()).status == 200);
  const auto history = e.bus.calls("messaging.history", 1)[0];
  CHECK(static_cast<const messaging::HistoryRequest&>(*history.request).after_seq() == 3);

  auto none = e.send("DELETE", target + "/3/reactions/%F0%9F%91%8D", e.bearer(), "");
  CHECK(none.status == 204);
  CHECK(none.body.empty());
  CHECK_FALSE(none.fields.contains("content-type"));
  const auto unreact = e.bus.calls("messaging.unreact", 1)[0];
  CHECK(static_cast<const messaging::ReactRequest&>(*unreact.request).emoji() ==
        "\xf0\x9f\x91\x8d");
}

TEST_CASE("a guest reads what is open to guests; a token that is given must be good") {
  const std::string person = "/v1/users/0190a000-0000-7000-8000-000000000001";
  edge e;
  CHECK(e.get(person).status == 200);
  const auto guest = e.bus.calls("user.get", 1)[0];
  CHECK(guest.caller.kind == rpc::caller_kind::anonymous);
  CHECK(guest.caller.account.is_nil());
  CHECK(e.get(person, "Authorization: Bearer nonsense\r\n").status == 401);
  CHECK(e.get(person, "Authorization: Basic YTpi\r\n").status == 401);
  CHECK(e.get(person, e.bearer()).status == 200);
  CHECK(e.bus.calls("user.get", 2)[1].caller.account == e.account);
  CHECK(e.get("/v1/users/me").status == 401);

  edge closed([](auto& s) { s.anonymous_read = false; });
  CHECK(closed.get(person).status == 401);
  CHECK(closed.get(person, closed.bearer()).status == 200);
}

TEST_CASE("row 7: who a client says that it is does not count") {
  edge e;
  auto claims =
      e.bearer() +
      "X-Forwarded-For: 10.1.2.3\r\nX-Real-IP: 10.1.2.3\r\nForwarded: for=10.1.2.3\r\n"
      "X-User-Id: 0190a000-0000-7000-8000-00000000000f\r\nX-Forwarded-Host: evil.example\r\n";
  CHECK(e.get("/v1/conversations", claims).status == 200);
  auto call = e.bus.calls("messaging.conversations", 1)[0];
  CHECK(call.caller.address == "127.0.0.1");
  CHECK(call.caller.account == e.account);
}

TEST_CASE("bad requests name their fields") {
  edge e;
  auto target = conversation() + "/messages";
  auto json = e.bearer() + "Content-Type: application/json\r\n";
  auto reply = e.send("POST", target, json, R"({"text":"hi","reply_to":"x"})");
  CHECK(reply.status == 400);
  auto p = problem(reply);
  CHECK(p["code"] == "invalid_request");
  CHECK(p["status"] == 400);
  CHECK(p["title"].is_string());
  CHECK(p["type"].is_string());
  std::string fields;
  for (const auto& f : p["errors"].as_array())
    fields += std::string(f.at("field").as_string()) + ' ';
  CHECK(fields.find("client_id") != fields.npos);
  CHECK(fields.find("reply_to") != fields.npos);
  CHECK(e.send("POST", target, json, R"(["a"])").status == 400);
  CHECK(e.send("POST", target, json, R"({"client_id":)").status == 400);
  CHECK(e.send("POST", target, json, "{\"client_id\":\"a\",\"text\":\"\xff\"}").status == 400);
  CHECK(e.send("POST", target, json, R"({"client_id":"a","text":"\ud800"})").status == 400);
  CHECK(e.send("POST", target, json, R"({"client_id":"a","text":"a\u0000b"})").status == 400);
  CHECK(e.send("POST", target, json, std::string(10000, '[')).status == 400);
  CHECK(
      e.send("POST", "/v1/conversations/nothing/messages", json, R"({"client_id":"a","text":"b"})")
          .status == 404);
  CHECK(e.get(target + "?limit=abc", e.bearer()).status == 400);
  CHECK(e.get(target + "?limit=%zz", e.bearer()).status == 400);
  CHECK(e.get("/v1/conversations/%0a", e.bearer()).status == 400);
  const auto plain = e.send("POST", target, e.bearer() + "Content-Type: text/plain\r\n", "hello");
  CHECK(plain.status == 415);
  CHECK(plain.body.find("application/json or application/x-protobuf") != std::string::npos);
  CHECK(e.bus.calls("messaging.send", 0).empty());
}

TEST_CASE("protobuf in and out, also against hostile bytes") {
  edge e;
  messaging::SendRequest request;
  request.set_client_id("c1");
  request.set_text("hi");
  auto target = conversation() + "/messages";
  auto binary = e.bearer() + "Content-Type: application/x-protobuf\r\n";
  auto reply = e.send("POST", target, binary, request.SerializeAsString());
  CHECK(reply.status == 201);
  CHECK(reply.fields["content-type"] == "application/x-protobuf");
  CHECK(e.send("POST", target, binary + "Accept: application/json\r\n", request.SerializeAsString())
            .fields["content-type"] == "application/json");
  CHECK(
      e.get("/v1/conversations", e.bearer() + "Accept: text/html, application/x-protobuf;q=0.9\r\n")
          .fields["content-type"] == "application/x-protobuf");
  request.set_text("\xff");
  CHECK(e.send("POST", target, binary, request.SerializeAsString()).status == 400);
  for (const std::string& bytes :
       {std::string("\x0a\xff\xff\xff\xff\x07"), std::string("\x0a\x7f"), std::string(200, '\x0b')})
    CHECK(e.send("POST", target, binary, bytes).status == 400);
}

TEST_CASE("errors of a domain become problem documents with Retry-After") {
  edge e;
  e.bus.on("auth.login",
           [](rpc::call& c) { c.reply(make_error(errc::locked_out, "Wait.", 2500)); });
  auto json = std::string("Content-Type: application/json\r\n");
  auto reply = e.send("POST", "/v1/auth/login", json, R"({"identifier":"a","password":"b"})");
  CHECK(reply.status == 429);
  CHECK(reply.fields["retry-after"] == "3");
  CHECK(problem(reply)["retry_after_s"] == 3);
  CHECK(problem(reply)["code"] == "locked_out");
  e.bus.on("auth.login", [](rpc::call& c) { c.reply(make_error(errc::overloaded)); });
  auto shed = e.send("POST", "/v1/auth/login", json, R"({"identifier":"a","password":"b"})");
  CHECK(shed.status == 503);
  CHECK(shed.fields["retry-after"] == "1");
}

TEST_CASE("existing and created differ in status; Idempotency-Key travels") {
  edge e;
  e.bus.on("messaging.create", [](rpc::call& c) {
    auto reply = std::make_shared<messaging::Conversation>();
    reply->set_existing(c.idempotency_key == "again");
    c.reply(rpc::message_ptr(reply));
  });
  auto fields = e.bearer() + "Content-Type: application/json\r\n";
  CHECK(e.send("POST", "/v1/conversations", fields + "Idempotency-Key: once\r\n",
               R"({"kind":"group"})")
            .status == 201);
  CHECK(e.send("POST", "/v1/conversations", fields + "Idempotency-Key: again\r\n",
               R"({"kind":"group"})")
            .status == 200);
  auto long_key = "Idempotency-Key: " + std::string(256, 'k') + "\r\n";
  CHECK(e.send("POST", "/v1/conversations", fields + long_key, R"({"kind":"group"})").status ==
        400);
}

TEST_CASE("row 10: who may call: tokens decide, and before the body") {
  edge e;
  auto status = [&](const std::string& authorization,
                    const std::string& target = "/v1/conversations") {
    return e.get(target, authorization.empty() ? "" : "Authorization: " + authorization + "\r\n");
  };
  CHECK(status("Bearer " + e.token()).status == 200);
  CHECK(problem(status(""))["code"] == "unauthenticated");
  CHECK(status("").fields["www-authenticate"] == "Bearer");
  CHECK(status("Basic abc").status == 401);
  CHECK(status("", "/v1/conversations?access_token=" + e.token()).status == 401);
  CHECK(problem(status("Bearer " + e.token(e.account, e.session, -60)))["code"] == "token_expired");
  CHECK(status("Bearer " + e.token() + "x").status == 401);
  CHECK(e.send("POST", conversation() + "/messages", "Content-Type: application/json\r\n", "{")
            .status == 401);
  CHECK(e.get("/.well-known/jwks.json").status == 200);
  auto other = make_uuid_v7(1, system_random());
  e.server->sink().revoke_session(other, e.clock.now() + 60'000);
  CHECK(status("Bearer " + e.token(e.account, other)).status == 401);
  CHECK(status("Bearer " + e.token()).status == 200);
}

TEST_CASE("until the revocations are known nobody is let in: 503, and not ready") {
  std::promise<rpc::reply_fn> asked;
  edge e({}, [&](fake_bus& bus) {
    bus.on("auth.Auth.Revocations", [&](rpc::call& c) { asked.set_value(c.reply); });
  });
  auto answer = asked.get_future().get();
  CHECK(e.get("/readyz").status == 503);
  auto early = e.get("/v1/conversations", e.bearer());
  CHECK(early.status == 503);
  CHECK(problem(early)["code"] == "unavailable");
  CHECK(early.fields.contains("retry-after"));
  CHECK(ws_client(e.port, e.bearer()).answer().status == 503);
  auto c = e.socket();
  c.send(open_call(e.token()));
  CHECK(c.read().data.find("\"code\":5030") != std::string::npos);
  auto reply = std::make_shared<session::RevocationsReply>();
  auto& item = *reply->add_items();
  item.set_session_id(to_string(e.session));
  item.set_until(e.clock.now() + 60'000);
  answer(rpc::message_ptr(reply));
  CHECK(e.get("/readyz").status == 200);
  CHECK(e.get("/v1/conversations", e.bearer()).status == 401);
  auto other = e.token(e.account, make_uuid_v7(1, system_random()));
  CHECK(e.get("/v1/conversations", "Authorization: Bearer " + other + "\r\n").status == 200);
}

TEST_CASE("a new key is fetched when a token names it") {
  edge e([](auto& s) { s.keys_refresh_min_ms = 0; });
  CHECK(e.get("/v1/conversations", e.bearer()).status == 200);
  std::array<std::uint8_t, 32> seed{};
  seed[0] = 9;
  e.key = make_signing_key("k2", seed);
  e.bus.calls("auth.Auth.Keys", 1);
  CHECK(e.get("/v1/conversations", e.bearer()).status == 200);
}

TEST_CASE("pages of operation") {
  edge e;
  CHECK(e.get("/healthz").status == 200);
  CHECK(e.get("/readyz").status == 200);
  e.bus.ready_ = false;
  CHECK(e.get("/readyz").status == 503);
  CHECK(e.get("/healthz").status == 200);
  auto metrics = e.get("/metrics");
  CHECK(metrics.body.find("nova_gateway_requests_total") != metrics.body.npos);
  CHECK(metrics.body.find("\nnova_calls_under_way 1\n") != metrics.body.npos);
  CHECK(
      boost::json::parse(e.get("/openapi.json").body).at("openapi").as_string().starts_with("3.1"));
  CHECK(boost::json::parse(e.get("/asyncapi.json").body).at("asyncapi").as_string() == "3.0.0");
}

TEST_CASE("the page's files come with type, policy and no way out of the folder") {
  namespace fs = std::filesystem;
  auto folder =
      fs::temp_directory_path() / ("nova_web_" + to_string(make_uuid_v7(1, system_random())));
  fs::create_directories(folder / "assets");
  std::ofstream(folder / "index.html") << "<!doctype html>";
  std::ofstream(folder / "assets" / "app.js") << "1";
  std::ofstream(folder / "assets" / "app.exe") << "1";
  fs::create_directories(folder / "docs");
  std::ofstream(folder / "docs" / "index.html") << "<!doctype html><title>docs";
  std::ofstream(folder.string() + "_secret.html") << "secret";
  edge e([&](auto& s) { s.web_root = folder.string(); });
  auto page = e.get("/");
  CHECK(page.status == 200);
  CHECK(page.fields["content-type"] == "text/html; charset=utf-8");
  CHECK(page.fields["x-content-type-options"] == "nosniff");
  CHECK(page.fields["content-security-policy"].starts_with("default-src 'none'"));
  CHECK(e.get("/assets/app.js").fields["content-type"] == "text/javascript; charset=utf-8");
  CHECK(e.get("/assets/app.js").fields["cache-control"].find("immutable") != std::string::npos);
  CHECK(e.get("/assets/app.exe").status == 404);
  CHECK(e.get("/docs").body == "<!doctype html><title>docs");
  CHECK(e.get("/docs").fields["content-security-policy"].find("style-src 'self' 'unsafe-inline'") !=
        std::string::npos);
  CHECK(page.fields["content-security-policy"].find("unsafe") == std::string::npos);
  for (auto path :
       {"/../" + folder.filename().string() + "_secret.html", std::string("/assets/../index.html"),
        std::string("/%2e%2e/etc/passwd"), std::string("/assets/%2e%2e/index.html")})
    CHECK(e.get(path).status == 404);
  CHECK(e.send("POST", "/", "", "").status == 405);
  fs::remove_all(folder);
  fs::remove(folder.string() + "_secret.html");
}

TEST_CASE("row 5: slow clients are cut: header, body, idle") {
  edge e([](auto& s) {
    s.header_timeout_ms = 200;
    s.body_timeout_ms = 200;
    s.idle_timeout_ms = 200;
  });
  raw_client silent(e.port), header(e.port), body(e.port), idle(e.port);
  header.send("GET / HTTP/1.1\r\nHost:");
  body.send("POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  idle.send(second);
  CHECK(idle.read_reply().status == 200);
  CHECK(silent.ended());
  CHECK(header.ended());
  CHECK(body.ended());
  CHECK(idle.ended());
}

TEST_CASE("row 5: a client that does not read its answer is cut") {
  edge e([](auto& s) { s.write_timeout_ms = 300; });
  e.bus.on("messaging.history", [](rpc::call& c) {
    auto reply = std::make_shared<messaging::HistoryReply>();
    for (int i = 0; i < 1000; ++i) reply->add_items()->set_text(std::string(16000, 'x'));
    c.reply(rpc::message_ptr(reply));
  });
  raw_client c(e.port, "127.0.0.1", 4096);
  c.send("GET " + conversation() + "/messages HTTP/1.1\r\nHost: a\r\n" + e.bearer() + "\r\n");
  e.bus.calls("messaging.history", 1);
  for (int i = 0; i < 100 && e.metric("http_timeouts_total") == 0; ++i)
    raw_client(e.port).read_some(50);
  CHECK(e.metric("http_timeouts_total") == 1);
}

TEST_CASE("connections are counted for the process and for each exact address") {
  edge e([](auto& s) {
    s.max_connections = 5;
    s.max_connections_per_address = 3;
  });
  auto status = [&](raw_client& c) {
    c.send(second);
    return c.read_reply().status;
  };
  std::vector<raw_client> held;
  for (int i = 0; i < 3; ++i) held.emplace_back(e.port, "127.0.0.2");
  for (auto& c : held) CHECK(status(c) == 200);
  raw_client fourth(e.port, "127.0.0.2");
  auto reply = fourth.read_reply();
  CHECK(reply.status == 429);
  CHECK(reply.fields["retry-after"] == "1");
  held.emplace_back(e.port, "127.0.0.3");
  held.emplace_back(e.port, "127.0.0.4");
  CHECK(status(held[3]) == 200);
  CHECK(status(held[4]) == 200);
  raw_client sixth(e.port, "127.0.0.5");
  CHECK(sixth.read_reply().status == 503);
}

TEST_CASE("requests over an address's or an account's rate are 429") {
  edge e([](auto& s) {
    s.address_sign_in_per_s = 1;
    s.account_read_per_s = 1;
    s.burst_s = 3;
  });
  auto login = [&] {
    return e.send("POST", "/v1/auth/login", "Content-Type: application/json\r\n",
                  R"({"identifier":"a","password":"b"})");
  };
  for (int i = 0; i < 3; ++i) CHECK(login().status == 200);
  auto fourth = login();
  CHECK(fourth.status == 429);
  CHECK(problem(fourth)["code"] == "rate_limited");
  CHECK(fourth.fields.contains("retry-after"));
  for (int i = 0; i < 3; ++i) CHECK(e.get("/v1/conversations", e.bearer()).status == 200);
  CHECK(e.get("/v1/conversations", e.bearer()).status == 429);
}

TEST_CASE("draining finishes what is in flight and accepts no more") {
  std::promise<rpc::reply_fn> waiting;
  edge e;
  e.bus.on("messaging.conversations", [&](rpc::call& c) { waiting.set_value(c.reply); });
  raw_client busy(e.port), idle(e.port);
  idle.send(second);
  CHECK(idle.read_reply().status == 200);
  busy.send("GET /v1/conversations HTTP/1.1\r\nHost: a\r\n" + e.bearer() + "\r\n");
  auto reply = waiting.get_future().get();
  std::thread stopping([&] { e.server->drain_and_stop(std::chrono::seconds(4)); });
  CHECK(idle.ended());
  reply(rpc::message_ptr(std::make_shared<messaging::ListConversationsReply>()));
  auto answer = busy.read_reply();
  CHECK(answer.status == 200);
  CHECK(answer.fields["connection"] == "close");
  stopping.join();
}
