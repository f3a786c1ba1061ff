// The edge's parts without sockets: routes, percent-decoding, JSON, queue, rounds, frames, buckets.
#include "gateway/codec/requests.hpp"
#include "gateway/codec/route_table.hpp"
#include "gateway/http/http_rules.hpp"
#include "gateway/loop/flush_schedule.hpp"
#include "gateway/loop/frame.hpp"
#include "gateway/loop/limits.hpp"
#include "gateway/session/request_log.hpp"
#include "gateway/websocket/outgoing_queue.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

using namespace nova;
using namespace nova::gateway;

TEST_CASE("a route is found by verb and path; literals come before parameters") {
  route_table routes(rpc::all_methods());
  auto name = [&](std::string_view verb, std::string_view path) {
    auto found = routes.find(verb, path);
    return found.has_value() && found->method ? std::string(found->method->rpc) : std::string();
  };
  CHECK(name("GET", "/v1/users/me") == "user.me");
  CHECK(name("GET", "/v1/users/0190a000-0000-7000-8000-000000000001") == "user.get");
  CHECK(name("GET", "/v1/users/by-handle/someone") == "user.by_handle");
  CHECK(name("HEAD", "/v1/users/me") == "user.me");
  CHECK(name("GET", "/v1/%75sers/m%65") == "user.me");  // an escaped letter is the letter
  CHECK(name("GET", "/v1/users%2Fme") == "");
  CHECK(name("GET", "/v1/users/m%6") == "");
  CHECK(name("GET", "/v1/users/") == "");
  CHECK(name("GET", "/v1//users/me") == "");
  CHECK(name("GET", "/V1/users/me") == "");
  auto found = routes.find("PUT", "/v1/conversations/a%2Fb/messages/3/reactions/%F0%9F%91%8D");
  REQUIRE(found.has_value());
  CHECK(found->path[0].second == "a/b");
  CHECK(found->path[2].second == "\xf0\x9f\x91\x8d");
  CHECK(routes.find("POST", "/v1/users/me")->allow.find("PATCH") != std::string::npos);
}

TEST_CASE("what only nodes may call has no route") {
  route_table routes(rpc::all_methods());
  for (const auto* method : rpc::all_methods())
    for (const auto& route : method->routes) {
      auto found = routes.find(verb_name(route.method), route.path);
      CHECK((method->caller == rpc::caller_kind::node) == (!found.has_value() || !found->method));
    }
}

TEST_CASE("a DELETE has its fields in its body, or without one in its query") {
  route_table routes(rpc::all_methods());
  auto found = routes.find("DELETE", "/v1/account");
  REQUIRE(found.has_value());
  REQUIRE(found->method != nullptr);
  auto read = [&](std::string_view body) {
    return read_http_request({*found->method, *found->route, found->path, "", body});
  };
  auto request = read(R"({"password": "tea, then engines"})");
  REQUIRE(request.has_value());
  CHECK((*request)->ShortDebugString() == R"(password: "tea, then engines")");
  CHECK(read("").error().fields.size() == 1);
  CHECK(read("[]").error().code == errc::invalid_request);
}

TEST_CASE("the sign-ins that have records of their own are registration and log-in") {
  std::vector<std::string_view> names;
  for (const auto* method : rpc::all_methods())
    if (signs_in(*method)) names.push_back(method->name);
  CHECK(names == std::vector<std::string_view>{"auth.Auth.Register", "auth.Auth.Login"});
}

TEST_CASE("percent-decoding is strict") {
  CHECK(percent_decode("a%20b+c") == "a b+c");
  CHECK(percent_decode("a+b", true) == "a b");
  CHECK(percent_decode("%e4%bd%a0") == "\xe4\xbd\xa0");
  for (auto text : {"%", "%2", "%zz", "%0", "a%00", "%0a", "%7f", "%%20"})
    CHECK_FALSE(percent_decode(text));
  auto query = read_query("a=1&&b=&c&d=%26%3D");
  REQUIRE(query);
  CHECK(*query == parameters{{"a", "1"}, {"b", ""}, {"c", ""}, {"d", "&="}});
}

TEST_CASE("JSON at the edge: depth, UTF-8, numbers, repeated names, surrogates") {
  auto ok = [](std::string_view text) { return parse_json(text, 32).has_value(); };
  CHECK(ok(std::string(32, '[') + std::string(32, ']')));
  CHECK_FALSE(ok(std::string(33, '[') + std::string(33, ']')));
  CHECK_FALSE(ok(std::string(10'000, '[')));
  CHECK_FALSE(ok("\"\xff\""));
  CHECK_FALSE(ok("\"\xed\xa0\x80\""));  // a surrogate in UTF-8
  for (auto text : {"",
                    " ",
                    "{} {}",
                    "{,}",
                    "[1,]",
                    "01",
                    "+1",
                    ".5",
                    "nul",
                    "'a'",
                    "{a:1}",
                    "\"\\x\"",
                    "\"a\nb\"",
                    "[1 2]",
                    "NaN",
                    "// c\n1",
                    "\xef\xbb\xbf{}",
                    R"("\ud8zz")",
                    R"("\ud83d\udc")",
                    "\"\\u\x44\x18zz\""})
    CHECK_FALSE(ok(text));
  CHECK(parse_json(R"({"a":1,"a":2})", 32)->at("a") == 2);
  CHECK(parse_json(R"("\ud83d\udc4d")", 32)->as_string() == "\xf0\x9f\x91\x8d");
  for (auto text :
       {R"("\ud800")", R"("\ud800x")", R"("\udc00")", R"("\ud800\u0041")", R"("\uDBFF\\")"}) {
    auto value = parse_json(text, 32);
    REQUIRE(value.has_value());
    CHECK(value->as_string().find('\0') != boost::json::string::npos);
  }
  CHECK(parse_json(R"("\\ud800")", 32)->as_string() == "\\ud800");
}

TEST_CASE("a frame's header has the shortest length, network order") {
  auto header = [](std::size_t n) {
    auto bytes = std::string(make_frame(opcode::text, std::string(n, 'a')).bytes());
    return bytes.substr(0, bytes.size() - n);
  };
  CHECK(header(0) == std::string("\x81\x00", 2));
  CHECK(header(125) == "\x81\x7d");
  CHECK(header(126) == std::string("\x81\x7e\x00\x7e", 4));
  CHECK(header(65535) == "\x81\x7e\xff\xff");
  CHECK(header(65536) == std::string("\x81\x7f\0\0\0\0\0\x01\0\0", 10));
  CHECK(make_close_frame(4008, std::string(200, 'r')).bytes().size() == 2 + 125);
  CHECK(make_close_frame(4008, "slow").bytes() == "\x88\x06\x0f\xa8slow");
}

TEST_CASE("the queue hands out all that waits and keeps what was begun") {
  outgoing_queue q;
  for (auto text : {"aaa", "bbb", "ccc"})
    q.add(make_frame(opcode::text, text), outgoing_queue::kind::push);
  q.add(make_frame(opcode::text, "ddd"), outgoing_queue::kind::answer);
  CHECK(q.bytes() == 20);
  CHECK(q.pushed_bytes() == 15);
  std::array<std::string_view, 8> pieces;
  CHECK(q.gather(pieces) == 4);
  CHECK(q.consume(7) == 1);  // the first, and two bytes of the second
  CHECK(q.gather(pieces) == 3);
  CHECK(pieces[0] == "bbb");
  CHECK(q.pushed_bytes() == 10);
  q.drop_unsent();
  CHECK(q.frames() == 1);
  CHECK(q.bytes() == 3);
  CHECK(q.gather(pieces) == 1);
  CHECK(pieces[0] == "bbb");
  CHECK(q.consume(3) == 1);
  CHECK(q.empty());
  for (int i = 0; i < 1000; ++i) {
    q.add(make_frame(opcode::text, std::to_string(i)), outgoing_queue::kind::push);
    q.add(make_frame(opcode::text, "x"), outgoing_queue::kind::push);
    REQUIRE(q.gather(pieces) > 0);
    q.consume(pieces[0].size());
  }
  CHECK(q.frames() == 1000);
  q.drop_unsent();
  CHECK(q.empty());
  CHECK(q.pushed_bytes() == 0);
}

TEST_CASE("after a round that joined frames the next one rests; without, it begins at once") {
  using clock = std::chrono::steady_clock;
  boost::asio::io_context context;
  std::size_t frames = 1, flushed = 0;
  std::vector<clock::time_point> at;
  flush_schedule rounds(context, [&](rpc::connection_id) {
    at.push_back(clock::now());
    while (clock::now() - at.back() < flush_schedule::shortest_rest * 2) continue;
    ++flushed;
    return frames;
  });
  const auto one_round = [&] {
    for (rpc::connection_id id = 0; id < 4; ++id) rounds.with_round(id);
    context.restart();
    context.run();
  };
  // Nothing joined: each round is there as soon as what is at hand is done, no timer among it.
  for (std::size_t n = 1; n <= 5; ++n) {
    for (rpc::connection_id id = 0; id < 4; ++id) rounds.with_round(id);
    context.restart();
    context.poll();
    CHECK(flushed == n * 4);
  }
  // Two frames to each: rests grow from once to eight times the round, but not beyond the longest.
  frames = 2;
  one_round();
  for (int patience : {1, 2, 4, 8, 8}) {
    const auto began = at[at.size() - 4], ended = at.back() + flush_schedule::shortest_rest * 2;
    one_round();
    const auto rest = at[at.size() - 4] - ended;
    const auto least =
        std::min<clock::duration>(patience * (ended - began), flush_schedule::longest_rest);
    CHECK(rest + flush_schedule::shortest_rest >= least);
  }
  // And shrink again.
  frames = 1;
  for (int n = 0; n < 4; ++n) one_round();
  flushed = 0;
  rounds.with_round(1);
  context.restart();
  context.poll();
  CHECK(flushed == 1);
}

TEST_CASE("a token bucket lets its burst through, then its rate") {
  clock_point t{std::chrono::seconds(1000)};
  token_bucket b(10, 3);
  for (int i = 0; i < 3; ++i) CHECK(b.take(t));
  CHECK_FALSE(b.take(t));
  CHECK(b.wait_ms() == 100);
  CHECK_FALSE(b.take(t + std::chrono::milliseconds(90)));
  CHECK(b.take(t + std::chrono::milliseconds(110)));
  CHECK(b.full(t + std::chrono::seconds(1)));
}

TEST_CASE("rates are kept by exact key, and the table is bounded") {
  keyed_buckets buckets({keyed_buckets::rate{1, 1}}, 32);
  clock_point t{std::chrono::seconds(1000)};
  CHECK_FALSE(buckets.take("127.0.0.1", 0, t));
  CHECK(buckets.take("127.0.0.1", 0, t) == 1000);
  CHECK_FALSE(buckets.take("127.0.0.10", 0, t));
  int refused = 0;
  for (int i = 0; i < 1000; ++i)
    refused += buckets.take("key" + std::to_string(i), 0, t).has_value();
  CHECK(refused >= 960);
  auto later =
      t + std::chrono::seconds(5);  // all are full again: forgotten, so that new keys find room
  refused = 0;
  for (int i = 0; i < 16; ++i)
    refused += buckets.take("other" + std::to_string(i), 0, later).has_value();
  CHECK(refused < 16);
}

TEST_CASE("limits that are live settings change for keys and counts that are there") {
  config::gateway_settings settings;
  settings.account_write_per_s = 10;
  settings.burst_s = 1;
  settings.max_connections = 1;
  limits bounds(settings);
  clock_point t{std::chrono::seconds(1000)};
  const uuid someone{};
  const auto write = [&] { return !bounds.account_request(rpc::rate_class::write, someone, t); };
  connection_lease a, b;
  CHECK(bounds.admit("::1", a) == limits::refused::none);
  for (int i = 0; i < 5; ++i) CHECK(write());
  settings.account_write_per_s = 3;
  settings.max_connections = 2;
  bounds.change(settings);
  CHECK(bounds.admit("::1", b) == limits::refused::none);
  for (int i = 0; i < 3; ++i) CHECK(write());  // of the five that were left
  CHECK_FALSE(write());
  t += std::chrono::seconds(1);
  for (int i = 0; i < 3; ++i) CHECK(write());
  CHECK_FALSE(write());
}

TEST_CASE("counts give their places back") {
  config::gateway_settings settings;
  settings.max_connections = 2;
  settings.max_connections_per_address = 1;
  limits bounds(settings);
  connection_lease a, b, c;
  CHECK(bounds.admit("::1", a) == limits::refused::none);
  CHECK(bounds.admit("::1", b) == limits::refused::address);
  CHECK(bounds.admit("::2", b) == limits::refused::none);
  CHECK(bounds.admit("::3", c) == limits::refused::total);
  a = connection_lease();
  CHECK(bounds.connections() == 1);
  CHECK(bounds.admit("::1", c) == limits::refused::none);
}

TEST_CASE("H: IPv6 addresses count together by their prefix where it is set so") {
  config::gateway_settings settings;
  settings.max_connections_per_address = 1;
  settings.address_write_per_s = 0.1;
  settings.burst_s = 10;
  connection_lease a, b;
  limits exact(settings);
  CHECK(exact.admit("2001:db8::1", a) == limits::refused::none);
  CHECK(exact.admit("2001:db8::2", b) == limits::refused::none);
  a = connection_lease();
  b = connection_lease();
  settings.ipv6_prefix_bits = 64;
  limits wide(settings);
  CHECK(wide.admit("2001:db8::1", a) == limits::refused::none);
  CHECK(wide.admit("2001:db8::2", b) == limits::refused::address);
  CHECK(wide.admit("2001:db8:0:1::2", b) == limits::refused::none);
  a = connection_lease();
  CHECK(wide.admit("2001:db8::2", a) == limits::refused::none);
  auto now = clock_point{} + std::chrono::hours(1);
  CHECK_FALSE(wide.address_request(rpc::rate_class::write, "2001:db8::1", now));
  CHECK(wide.address_request(rpc::rate_class::write, "2001:db8::ffff", now));
  CHECK_FALSE(wide.address_request(rpc::rate_class::write, "192.0.2.1", now));
}

TEST_CASE("header rules judge whole blocks and beginnings alike") {
  http_limits bounds{8192, 100, 4096};
  auto status = [&](std::string_view block) {
    auto r = check_header(block, bounds);
    return r ? r->status : 200;
  };
  CHECK(status("GET / HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
  CHECK(status("GET / HTTP/1.0\r\n\r\n") == 200);
  CHECK(status("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n") == 200);
  CHECK(status("GET http://A:80/x HTTP/1.1\r\nHost: a:80\r\n\r\n") == 200);
  CHECK(status("GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
  CHECK(status("GET http://a:80@b/x HTTP/1.1\r\nHost: a:80\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n") == 400);
  CHECK(status("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n") == 200);
  CHECK(status("GET  / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status("G@T / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status("GET /#a HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n") == 400);
  auto partial = [&](const std::string& text) {
    auto r = check_partial_header(text, bounds);
    return r ? r->status : 200;
  };
  CHECK(partial("GET /" + std::string(4000, 'a')) == 200);
  CHECK(partial("GET /" + std::string(5000, 'a')) == 414);
  CHECK(partial(std::string(5000, 'a')) == 400);
  // A line of just the longest length is not refused for the CR that came without its LF.
  const std::string longest = "GET /" + std::string(4096 + 64 - 5, 'a');
  for (const char* end : {"", "\r", "\r\n"}) CHECK(partial(longest + end) == 200);
  CHECK(partial(longest + "a") == 414);
  CHECK(partial(longest + "\ra") == 400);
  CHECK(partial("GET / HTTP/1.1\r\nX: " + std::string(8000, 'a')) == 200);
  CHECK(partial("GET / HTTP/1.1\r\nX: " + std::string(8200, 'a')) == 431);
  CHECK(chunk_extension_ok(";a=b", 256));
  CHECK_FALSE(chunk_extension_ok(std::string(257, 'a'), 256));
  CHECK_FALSE(chunk_extension_ok(";a=\"\x7f\"", 256));
}
