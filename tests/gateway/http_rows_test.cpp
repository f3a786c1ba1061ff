// What RFC 9110, RFC 9112 and browsers expect of the HTTP side, row by row.
#include "tests/gateway/edge_fixture.hpp"

#include "gateway/access/origins.hpp"
#include "gateway/loop/http_date.hpp"
#include "protocols/session/session.pb.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

using namespace nova;
using namespace nova::test;

namespace {

const std::string json_type = "Content-Type: application/json\r\n";
const std::string sign_in = R"({"identifier":"a","password":"b"})";

http_reply raw(edge& e, const std::string& bytes) {
  raw_client c(e.port);
  c.send(bytes);
  return c.read_reply();
}

http_reply with_host(edge& e, const std::string& host) {
  return raw(e, "GET /healthz HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
}

std::string unzipped(const std::string& data) {
  std::string out(1 << 22, '\0');
  z_stream z{};
  REQUIRE(inflateInit2(&z, 15 + 16) == Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  z.avail_in = static_cast<uInt>(data.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  inflateEnd(&z);
  return out;
}

/// A folder with a page, removed at the end.
struct web_folder {
  web_folder()
      : path(std::filesystem::temp_directory_path() /
             ("nova_rows_" + to_string(make_uuid_v7(1, system_random())))) {
    std::filesystem::create_directories(path / "assets");
    std::ofstream(path / "index.html") << "<!doctype html>" << std::string(2000, 'x');
    std::ofstream(path / "assets" / "dot.png") << std::string(2000, 'x');
  }
  ~web_folder() { std::filesystem::remove_all(path); }
  const std::filesystem::path path;
};

std::string address_seen(edge& e, const std::string& fields, std::size_t nth) {
  e.send("POST", "/v1/auth/login", json_type + fields, sign_in);
  auto calls = e.bus.calls("auth.login", nth);
  REQUIRE(calls.size() == nth);
  return calls.back().caller.address;
}

}  // namespace

TEST_CASE("H: every answer has a Date") {
  CHECK(gateway::http_date(784111777000) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(gateway::http_date(951782400000) == "Tue, 29 Feb 2000 00:00:00 GMT");
  edge e([](auto& s) { s.max_connections = 10; });
  for (const auto& reply :
       {e.get("/healthz"), e.get("/no/such"), e.get("/v1/ws"),
        e.send("POST", "/v1/auth/logout", json_type, R"({"refresh_token":"x"})"),
        raw(e, "GET / HTTP/1.1\r\n\r\n"), ws_client(e.port, "").answer(),
        ws_client(e.port, "Origin: http://evil.example\r\n").answer()}) {
    REQUIRE(reply.fields.contains("date"));
    CHECK(reply.fields.at("date").size() == 29);
    CHECK(reply.fields.at("date").ends_with(" GMT"));
  }
  std::vector<raw_client> many;
  for (int i = 0; i < 10; ++i) many.emplace_back(e.port);
  raw_client over(e.port);
  CHECK(over.read_reply().fields.contains("date"));
}

TEST_CASE("H: a known path with another method is 405 with Allow, the WebSocket's too") {
  edge e;
  auto login = e.send("DELETE", "/v1/auth/login", "", "");
  CHECK(login.status == 405);
  CHECK(login.fields.at("allow") == "POST, OPTIONS");
  for (auto verb : {"POST", "PUT", "DELETE"}) {
    auto ws = e.send(verb, "/v1/ws", "", "");
    CHECK(ws.status == 405);
    CHECK(ws.fields.at("allow") == "GET, OPTIONS");
  }
  CHECK(e.send("OPTIONS", "/v1/ws", "", "").status == 204);
  CHECK(e.send("POST", "/healthz", "", "").fields.at("allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE("H: a request with a content coding is 415 and told what is taken") {
  edge e;
  auto coded = e.send("POST", "/v1/auth/login", json_type + "Content-Encoding: gzip\r\n", sign_in);
  CHECK(coded.status == 415);
  CHECK(coded.fields.at("accept-encoding") == "identity");
  CHECK(e.send("POST", "/v1/auth/login", json_type + "Content-Encoding: identity\r\n", sign_in)
            .status == 200);
}

TEST_CASE("H: chunked trailers are read and dropped") {
  edge e;
  const std::string chunked =
      "POST /v1/conversations HTTP/1.1\r\nHost: a\r\n" + json_type +
      "Transfer-Encoding: chunked\r\n\r\n10\r\n{\"kind\":\"group\"}\r\n0\r\n";
  raw_client c(e.port);
  c.send(chunked + "X-Checksum: 1\r\n" + e.bearer() +
         "Host: b\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  auto unauthenticated = c.read_reply();
  CHECK(unauthenticated.status == 401);  // a trailer authenticates nobody
  CHECK(unauthenticated.fields.at("www-authenticate") == "Bearer");
  CHECK(c.read_reply().status == 200);
  raw_client large(e.port);
  large.send(chunked + "X: " + std::string(8000, 'x') + "\r\n");
  large.send("Y: y\r\n\r\n");
  CHECK(large.read_reply().status == 401);
  raw_client larger(e.port);
  larger.send(chunked + "X: " + std::string(20'000, 'x'));
  CHECK(larger.read_reply().status == 400);
}

TEST_CASE("H: later minor versions are served as 1.1, other major versions are 505") {
  edge e;
  auto with = [&](const std::string& version) {
    return raw(e, "GET /healthz " + version + "\r\nHost: a\r\n\r\n").status;
  };
  for (auto version : {"HTTP/1.0", "HTTP/1.1", "HTTP/1.2", "HTTP/1.9"}) CHECK(with(version) == 200);
  for (auto version : {"HTTP/0.9", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9"}) CHECK(with(version) == 505);
  for (auto version : {"HTTP/1.10", "HTTP/1", "HTTP/11", "HTTX/1.1", "http/1.1", "HTTP/1.x"})
    CHECK(with(version) == 400);
}

TEST_CASE("H: a Host that is none is 400") {
  edge e;
  for (auto host : {"[::1", "a:b", "a:99999", "a:65536", "a:1:2", "::1", "[::g]", "[1.2.3.4]",
                    ":80", "a@b", "a/b", "[fe80::1%25eth0]"})
    CHECK(with_host(e, host).status == 400);
  for (auto host : {"a", "a:80", "a:", "a:65535", "[::1]", "[::1]:80", "[v1.a:b]", "A-b.example",
                    "1.2.3.4:8080", "a%41", "_x"})
    CHECK(with_host(e, host).status == 200);
}

TEST_CASE("H: of an absolute-form target its own authority counts") {
  edge e;
  CHECK(raw(e, "GET http://other.example:8080/healthz HTTP/1.1\r\nHost: a\r\n\r\n").status == 200);
  CHECK(raw(e, "GET http://a:b/healthz HTTP/1.1\r\nHost: a\r\n\r\n").status == 400);
  CHECK(raw(e, "GET http://user@a/healthz HTTP/1.1\r\nHost: a\r\n\r\n").status == 400);
  auto upgrade = [&](const std::string& target, const std::string& host) {
    return raw(e, "GET " + target + " HTTP/1.1\r\nHost: " + host +
                      "\r\nOrigin: http://page.example\r\nUpgrade: websocket\r\nConnection: "
                      "Upgrade\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                      "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        .status;
  };
  CHECK(upgrade("http://page.example/v1/ws", "other.example") == 101);
  CHECK(upgrade("http://other.example/v1/ws", "page.example") == 403);
}

TEST_CASE("H: a 426 names the protocol to upgrade to") {
  edge e;
  auto plain = e.get("/v1/ws");
  auto old = e.get("/v1/ws",
                   "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  for (const auto& reply : {plain, old}) {
    CHECK(reply.status == 426);
    CHECK(reply.fields.at("upgrade") == "websocket");
    CHECK(reply.fields.at("connection") == "upgrade");
    CHECK(reply.fields.at("sec-websocket-version") == "13");
  }
}

TEST_CASE("H: several Sec-WebSocket-Protocol lines are one list") {
  edge e;
  ws_client c(e.port,
              "Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Protocol: nova.v1.proto, x\r\n");
  REQUIRE(c.open());
  CHECK(c.answer().fields.at("sec-websocket-protocol") == "nova.v1.proto");
}

TEST_CASE("H: a 401 says whether the token is the reason") {
  edge e;
  e.bus.on("auth.login", [](rpc::call& c) { c.reply(make_error(errc::invalid_credentials)); });
  const std::string invalid = R"(Bearer error="invalid_token")";
  auto challenge = [](const http_reply& r) {
    CHECK(r.status == 401);
    return r.fields.at("www-authenticate");
  };
  CHECK(challenge(e.get("/v1/conversations")) == "Bearer");
  CHECK(challenge(e.get("/v1/conversations", "Authorization: Bearer x\r\n")) == invalid);
  auto expired = "Authorization: Bearer " + e.token(e.account, e.session, -60) + "\r\n";
  CHECK(challenge(e.get("/v1/conversations", expired)) == invalid);
  CHECK(challenge(ws_client(e.port, expired).answer()) == invalid);
  CHECK(challenge(e.send("POST", "/v1/auth/login", json_type, sign_in)) == "Bearer");
}

TEST_CASE("H: what cannot become HTTP is 400 at once") {
  edge e;
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x02"), std::string("\0\0", 2), std::string("{"),
        std::string("G@"), std::string("\n"), std::string("GET / HTTP/1.1\nHost: a\n\n"),
        std::string("GET / HTTP/1.1\nHost"), std::string("GET / HTTP/1.1\rX")}) {
    raw_client c(e.port);
    c.send(bytes);
    CHECK(c.read_reply().status == 400);
    CHECK(c.ended());
  }
}

TEST_CASE("H: an empty body of a form's type is no 415") {
  edge e;
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
  CHECK(e.send("POST", "/v1/auth/login", form, "").status == 400);  // fields are missing
  CHECK(e.send("POST", "/v1/auth/login", form, "a=b").status == 415);
}

TEST_CASE("H: the default port of an origin's scheme may be left out") {
  using gateway::same_origin;
  CHECK(same_origin("https://name", "name:443", ""));
  CHECK(same_origin("https://name:443", "name", ""));
  CHECK(same_origin("http://NAME", "name:80", ""));
  CHECK(same_origin("https://name:8443", "name:8443", ""));
  CHECK(same_origin("https://name", "name", "https"));
  CHECK_FALSE(same_origin("https://name", "name:80", ""));
  CHECK_FALSE(same_origin("http://name", "name:443", ""));
  CHECK_FALSE(same_origin("http://name", "name", "https"));
  CHECK_FALSE(same_origin("https://name.evil", "name", ""));
  CHECK_FALSE(same_origin("null", "null", ""));
  CHECK_FALSE(same_origin("https://", "", ""));
}

TEST_CASE("H: pages of listed origins may use the API, others may not") {
  edge e([](auto& s) { s.allowed_origins = {"https://app.example"}; });
  const std::string listed = "Origin: https://app.example\r\n",
                    foreign = "Origin: https://evil.example\r\n";
  for (auto path : {"/healthz", "/v1/conversations", "/no/such", "/openapi.json"}) {
    auto reply = e.get(path, listed);
    CHECK(reply.fields.at("access-control-allow-origin") == "https://app.example");
    CHECK(reply.fields.at("access-control-expose-headers")
              .find("X-Request-Id, Retry-After, Location, ETag") == 0);
    CHECK_FALSE(reply.fields.contains("access-control-allow-credentials"));
    CHECK(reply.fields.at("vary").find("Origin") != std::string::npos);
    auto other = e.get(path, foreign);
    CHECK(other.status == reply.status);
    CHECK_FALSE(other.fields.contains("access-control-allow-origin"));
    CHECK(e.get(path).fields.at("vary").find("Origin") != std::string::npos);
  }
  const std::string asks =
      "Access-Control-Request-Method: PATCH\r\nAccess-Control-Request-Headers: authorization\r\n";
  auto preflight = e.send("OPTIONS", "/v1/users/me", listed + asks, "");
  CHECK(preflight.status == 204);
  CHECK(preflight.fields.at("access-control-allow-origin") == "https://app.example");
  CHECK(preflight.fields.at("access-control-allow-methods").find("PATCH") != std::string::npos);
  for (auto field :
       {"Authorization", "Content-Type", "Idempotency-Key", "Tus-Resumable", "Upload-Offset"})
    CHECK(preflight.fields.at("access-control-allow-headers").find(field) != std::string::npos);
  const auto large = e.send("POST", "/v1/auth/login", listed, std::string((1 << 20) + 1, ' '));
  CHECK(large.status == 413);
  CHECK(large.fields.at("access-control-allow-origin") == "https://app.example");
  CHECK_FALSE(e.send("OPTIONS", "/v1/users/me", foreign + asks, "")
                  .fields.contains("access-control-allow-methods"));
  edge none;
  CHECK_FALSE(none.get("/healthz", listed).fields.contains("access-control-allow-origin"));
}

TEST_CASE("H: what the client has is 304: the page, openapi.json, the keys") {
  web_folder web;
  edge e([&](auto& s) { s.web_root = web.path.string(); });
  for (auto path : {"/", "/assets/dot.png", "/openapi.json", "/.well-known/jwks.json"}) {
    auto first = e.get(path);
    REQUIRE(first.status == 200);
    auto tag = first.fields.at("etag");
    CHECK(tag.size() == 18);
    auto again = e.get(path, "If-None-Match: \"other\", W/" + tag + "\r\n");
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(again.fields.at("etag") == tag);
    CHECK(again.fields.contains("cache-control"));
    CHECK_FALSE(again.fields.contains("content-length"));
    CHECK(e.get(path, "If-None-Match: \"other\"\r\n").body == first.body);
    CHECK(e.get(path, "If-None-Match: *\r\n").status == 304);
  }
  raw_client c(e.port);  // the connection goes on behind a 304
  c.send(
      "GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\nGET /healthz HTTP/1.1\r\nHost: "
      "a\r\n\r\n");
  CHECK(c.read_reply().status == 304);
  CHECK(c.read_reply().status == 200);
}

TEST_CASE("U15: a browser at an unknown address gets the page with 404, a program the problem") {
  web_folder web;
  edge e([&](auto& s) { s.web_root = web.path.string(); });
  const std::string shows = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
  auto page = e.get("/settings/nowhere", shows);
  CHECK(page.status == 404);
  CHECK(page.fields.at("content-type") == "text/html; charset=utf-8");
  CHECK(page.body == e.get("/").body);
  CHECK_FALSE(page.fields.contains("etag"));
  CHECK(e.get("/settings/nowhere", shows + "If-None-Match: *\r\n").status == 404);
  for (auto accept : {"", "Accept: */*\r\n", "Accept: application/json\r\n"})
    CHECK(e.get("/settings/nowhere", accept).fields.at("content-type") ==
          "application/problem+json");
  CHECK(e.get("/v1/nowhere", shows).fields.at("content-type") == "application/problem+json");
  CHECK(e.send("POST", "/settings/nowhere", shows, "{}").fields.at("content-type") ==
        "application/problem+json");
  edge none;
  CHECK(none.get("/settings/nowhere", shows).fields.at("content-type") ==
        "application/problem+json");
}

TEST_CASE("H: files and openapi.json are compressed where asked") {
  web_folder web;
  edge e([&](auto& s) { s.web_root = web.path.string(); });
  for (auto path : {"/", "/openapi.json"}) {
    auto plain = e.get(path);
    CHECK_FALSE(plain.fields.contains("content-encoding"));
    CHECK(plain.fields.at("vary") == "Accept-Encoding");
    for (auto accept : {"gzip", "br, gzip;q=0.5", "*", "GZIP"}) {
      auto zipped = e.get(path, "Accept-Encoding: " + std::string(accept) + "\r\n");
      CHECK(zipped.fields.at("content-encoding") == "gzip");
      CHECK(zipped.body.size() < plain.body.size() / 2);
      CHECK(unzipped(zipped.body) == plain.body);
      CHECK(zipped.fields.at("etag") != plain.fields.at("etag"));
      auto again = e.get(
          path, "Accept-Encoding: gzip\r\nIf-None-Match: " + zipped.fields.at("etag") + "\r\n");
      CHECK(again.status == 304);
    }
    for (auto accept : {"br", "gzip;q=0", "gzip;q=0.000, *", "identity"})
      CHECK(e.get(path, "Accept-Encoding: " + std::string(accept) + "\r\n").body == plain.body);
  }
  CHECK_FALSE(
      e.get("/assets/dot.png", "Accept-Encoding: gzip\r\n").fields.contains("content-encoding"));
}

TEST_CASE("H: a listed proxy says for whom it speaks, nobody else does") {
  edge e([](auto& s) { s.trusted_proxies = {"127.0.0.1", "10.0.0.0/8", "2001:db8::/32"}; });
  CHECK(address_seen(e, "", 1) == "127.0.0.1");
  CHECK(address_seen(e, "X-Forwarded-For: 198.51.100.7\r\n", 2) == "198.51.100.7");
  CHECK(address_seen(e, "X-Forwarded-For: 6.6.6.6, 198.51.100.7, 10.1.2.3\r\n", 3) ==
        "198.51.100.7");
  CHECK(address_seen(e, "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 198.51.100.8\r\n", 4) ==
        "198.51.100.8");
  CHECK(address_seen(e,
                     "Forwarded: for=6.6.6.6, "
                     "for=\"[2001:db7::9]:4711\";proto=https\r\nX-Forwarded-For: 7.7.7.7\r\n",
                     5) == "2001:db7::9");
  CHECK(address_seen(e, "Forwarded: for=6.6.6.6, for=_hidden, for=10.0.0.1\r\n", 6) == "10.0.0.1");
  CHECK(address_seen(e, "X-Forwarded-For: nonsense\r\n", 7) == "127.0.0.1");
  edge open;
  CHECK(address_seen(open, "X-Forwarded-For: 198.51.100.7\r\nForwarded: for=6.6.6.6\r\n", 1) ==
        "127.0.0.1");
}

TEST_CASE("H: with proxy_protocol a listed proxy names the client before the first request") {
  edge e([](auto& s) {
    s.trusted_proxies = {"127.0.0.1"};
    s.proxy_protocol = true;
    s.header_timeout_ms = 300;
  });
  const std::string start("\r\n\r\n\0\r\nQUIT\n", 12);
  const auto with = [&](std::string rest, char command = 0x21, char family = 0x11) {
    const char length[] = {0, static_cast<char>(rest.size())};
    return start + command + family + std::string(length, 2) + rest;
  };
  const std::string four("\xC6\x33\x64\x07\x0A\x00\x00\x01\x12\x34\x01\xBB", 12);
  const std::string six =
      std::string("\x20\x01\x0d\xb7", 4) + std::string(11, '\0') + '\x09' + std::string(20, '\0');
  const std::string request =
      "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\n" +
      std::string(json_type) +
      "Content-Length: " + std::to_string(std::string_view(sign_in).size()) + "\r\n\r\n" + sign_in;
  std::size_t asked = 0;
  const auto seen = [&](const std::string& header) {
    raw_client c(e.port);
    c.send(header + request);
    return e.bus.calls("auth.login", ++asked).back().caller.address;
  };
  CHECK(seen(with(four)) == "198.51.100.7");
  CHECK(seen(with(six, 0x21, 0x21)) == "2001:db7::9");
  CHECK(seen(with(four + std::string("\x04\x00\x01x", 4))) == "198.51.100.7");
  CHECK(seen(with("", 0x20, 0)) == "127.0.0.1");
  for (const auto& bad :
       {std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), with("short"), with(four, 0x11),
        start + std::string("\x21\x11\xff\xff", 4), std::string("\r\n")}) {
    raw_client c(e.port);
    c.send(bad);
    CHECK(c.ended());
  }
}

TEST_CASE(
    "H: behind a proxy each request counts for its own client, and the proxy has no limit of "
    "connections") {
  edge e([](auto& s) {
    s.trusted_proxies = {"127.0.0.0/8"};
    s.max_connections_per_address = 1;
    s.address_sign_in_per_s = 0.1;
    s.burst_s = 10;
  });
  raw_client c(e.port), second(e.port);
  auto login = [&](raw_client& on, const std::string& client) {
    on.send("POST /v1/auth/login HTTP/1.1\r\nHost: a\r\n" + json_type +
            "Content-Length: " + std::to_string(sign_in.size()) + "\r\nX-Forwarded-For: " + client +
            "\r\n\r\n" + sign_in);
    return on.read_reply().status;
  };
  CHECK(login(c, "198.51.100.1") == 200);
  CHECK(login(c, "198.51.100.1") == 429);
  CHECK(login(c, "198.51.100.2") == 200);
  CHECK(login(second, "198.51.100.2") == 429);
}

TEST_CASE(
    "H: a proxy's scheme decides whether an origin is the same, and its client is the socket's") {
  edge e([](auto& s) { s.trusted_proxies = {"127.0.0.1"}; });
  auto with = [&](const std::string& origin, const std::string& proto) {
    return ws_client(e.port, "Origin: " + origin +
                                 "\r\nX-Forwarded-For: 198.51.100.9\r\nX-Forwarded-Proto: " +
                                 proto + "\r\n")
        .answer()
        .status;
  };
  CHECK(with("https://nova.test", "https") == 101);
  CHECK(with("http://nova.test", "https") == 403);
  ws_client c(e.port, "X-Forwarded-For: 198.51.100.9\r\n");
  c.send(open_call(e.token()));
  c.read();
  c.send(R"({"jsonrpc":"2.0","id":1,"method":"messaging.conversations"})");
  CHECK(e.bus.calls("messaging.conversations", 1)[0].caller.address == "198.51.100.9");
}

namespace {

/// Why a gateway with these settings does not start.
std::string refused_at_start(config::gateway_settings settings) {
  gateway::gateway_options options;
  options.settings = std::move(settings);
  options.settings.port = 0;
  gateway::server server(std::move(options));
  fake_bus bus;
  const auto started = server.start(bus);
  REQUIRE(started.has_error());
  return started.error().detail;
}

}  // namespace

TEST_CASE("H: a proxy that is no address is refused at the start") {
  config::gateway_settings s;
  s.trusted_proxies = {"10.0.0.0/8", "not-an-address"};
  CHECK(refused_at_start(s).find("not-an-address") != std::string::npos);
}

TEST_CASE("H: another gateway that is no origin is refused at the start") {
  using gateway::is_origin;
  for (auto other : {"https://b.example.org", "http://127.0.0.1:8081", "https://B.example:1"})
    CHECK(is_origin(other));
  for (auto other : {"b.example.org", "ftp://b.example.org", "https://", "https://b.example.org/",
                     "https://b:", "https://b:x", "https://b:123456", "https://b;script-src *",
                     "https://b\"><script>", "https://b c", "https://[::1]:80", "*", ""})
    CHECK_FALSE(is_origin(other));
  config::gateway_settings s;
  s.others = {"https://b.example.org", "htt"};
  CHECK(refused_at_start(s).find("gateway.others: htt is") != std::string::npos);
}

TEST_CASE("H: the page is told of the other gateways, and their pages may use this one") {
  const web_folder folder;
  std::ofstream(folder.path / "index.html") << "<!doctype html><head></head>";
  edge e([&](auto& s) {
    s.web_root = folder.path.string();
    s.others = {"https://b.example.org", "http://127.0.0.1:8081"};
  });
  edge alone([&](auto& s) { s.web_root = folder.path.string(); });
  const auto page = e.get("/"), lonely = alone.get("/");
  CHECK(page.body ==
        "<!doctype html><head><meta name=\"nova-gateways\" content=\"https://b.example.org "
        "http://127.0.0.1:8081\"></head>");
  CHECK(page.fields.at("etag") != lonely.fields.at("etag"));
  const auto& policy = page.fields.at("content-security-policy");
  for (auto rule : {"connect-src 'self' https://b.example.org http://127.0.0.1:8081 "
                    "wss://b.example.org ws://127.0.0.1:8081;",
                    "img-src 'self' data: blob: https://b.example.org http://127.0.0.1:8081;",
                    "media-src 'self' blob: https://b.example.org http://127.0.0.1:8081;",
                    "script-src 'self';"})
    CHECK(policy.find(rule) != std::string::npos);
  CHECK(lonely.body == "<!doctype html><head></head>");
  CHECK(lonely.fields.at("content-security-policy").find("connect-src 'self';") !=
        std::string::npos);
  const std::string of_other = "Origin: https://b.example.org\r\n";
  CHECK(e.get("/healthz", of_other).fields.at("access-control-allow-origin") ==
        "https://b.example.org");
  CHECK(ws_client(e.port, of_other).open());
  CHECK(ws_client(alone.port, of_other).answer().status == 403);
}

TEST_CASE("H: headers of 16 KiB and targets of 8 KiB are taken") {
  edge e;
  CHECK(e.get("/healthz?" + std::string(8000, 'a')).status == 200);
  CHECK(e.get("/healthz", "X: " + std::string(16'000, 'a') + "\r\n").status == 200);
}
