// What a WebSocket may not do: too many calls, pings and fragments, silence, frames that RFC 6455
// forbids. The whole of the frames is tests/hostile's conformance run.
#include "tests/gateway/socket_words.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::test;

TEST_CASE("row 13: calls over the rate are refused, and abuse ends the socket") {
  edge e([](auto& s) {
    s.calls_per_s = 1;
    s.calls_burst = 3;
    s.max_refused_calls = 5;
  });
  auto c = e.opened();
  CHECK(answer_to(c, typing("1")).at("result").is_object());
  CHECK(answer_to(c, typing("2")).at("result").is_object());
  auto refused = answer_to(c, typing("3"));
  CHECK(code(refused) == 4290);
  CHECK(refused.at("error").at("data").at("retry_after_s") == 1);
  for (int i = 0; i < 5; ++i) c.send(typing("4"));
  CHECK(c.read_close_code() == 1008);
}

TEST_CASE("a rate class has one bucket for an account, whatever its sockets and requests") {
  edge e([](auto& s) {
    s.account_signal_per_s = 0.1;
    s.account_read_per_s = 0.1;
    s.burst_s = 30;
  });
  auto first = e.opened(), second = e.opened();
  for (auto* c : {&first, &second, &first})
    CHECK(answer_to(*c, typing("1")).at("result").is_object());
  CHECK(code(answer_to(second, typing("2"))) == 4290);
  for (int i = 0; i < 3; ++i) CHECK(e.get("/v1/conversations", e.bearer()).status == 200);
  auto refused = answer_to(first, call("3", "messaging.conversations"));
  CHECK(code(refused) == 4290);
  CHECK(refused.at("error").at("data").at("retry_after_s").as_int64() >= 1);
}

TEST_CASE("a rate class has one bucket for an address, whatever its accounts and transports") {
  edge e([](auto& s) {
    s.address_write_per_s = 0.1;
    s.burst_s = 20;
  });
  auto c = e.opened();
  auto logout = [&](const char* id) {
    return answer_to(c, call(id, "auth.logout", R"({"refresh_token":"x"})"));
  };
  CHECK(logout("1").at("result").is_object());
  CHECK(e.send("POST", "/v1/auth/logout", "Content-Type: application/json\r\n",
               R"({"refresh_token":"x"})")
            .status == 204);
  CHECK(code(logout("2")) == 4290);
}

TEST_CASE("row 13: pings are answered; a flood of them is 1008") {
  edge e;
  auto c = e.opened();
  c.send_frame(9, "are you there");
  auto pong = c.read();
  CHECK(pong.opcode == 10);
  CHECK(pong.data == "are you there");
  for (int i = 0; i < 500; ++i) c.send_frame(9, "");
  for (int i = 0; i < 500; ++i) CHECK(c.read().opcode == 10);
  for (int i = 0; i < 1000; ++i) c.send_frame(i % 2 == 0 ? 9 : 10, "");
  CHECK(c.read_close_code() == 1008);
}

TEST_CASE("who answers pings stays, however long it is silent") {
  edge e([](auto& s) { s.ping_interval_ms = 100; });
  auto c = e.opened();
  for (int i = 0; i < 8; ++i) {
    REQUIRE(c.raw().read(2) == std::string("\x89\x00", 2));
    c.send_frame(10, "");
  }
  CHECK(answer_to(c, typing("1")).at("id") == 1);
}

TEST_CASE("a silent client is pinged and, without a pong, cut") {
  edge e([](auto& s) { s.ping_interval_ms = 100; });
  auto c = e.opened();
  std::string seen;
  while (true) {
    auto piece = c.raw().read_some(3000);
    if (piece.empty()) break;
    seen += piece;
  }
  CHECK(seen == std::string("\x89\x00\x89\x00", 4));
}

TEST_CASE("rows 11 and 12: frames that RFC 6455 forbids, and messages over the limit") {
  edge e([](auto& s) { s.max_message_bytes = 10'000; });
  auto after = [&](auto act) {
    auto c = e.opened();
    act(c);
    return c.read_close_code();
  };
  CHECK(after([](ws_client& c) { c.send_frame(1, "hi", true, false); }) == 1002);
  CHECK(after([](ws_client& c) { c.send_frame(3, "hi"); }) == 1002);
  CHECK(after([](ws_client& c) { c.send_frame(9, std::string(126, 'a')); }) == 1002);
  CHECK(after([](ws_client& c) { c.send_frame(9, "", false); }) == 1002);
  CHECK(after([](ws_client& c) { c.send_frame(0, "a"); }) == 1002);
  CHECK(after([](ws_client& c) { c.send_frame(1, "\xff"); }) == 1007);
  CHECK(after([](ws_client& c) { c.send_frame(2, "binary"); }) == 1003);
  CHECK(after([](ws_client& c) { c.send(std::string(10'001, ' ')); }) == 1009);
  CHECK(after([](ws_client& c) {
          for (int i = 0; i < 11; ++i) c.send_frame(i == 0 ? 1 : 0, std::string(1000, ' '), false);
        }) == 1009);
  CHECK(after([](ws_client& c) { c.send_frame(8, std::string("\x03\xe8", 2)); }) == 1000);
  CHECK(after([](ws_client& c) {  // cut off before an empty last frame
          c.send_frame(1, "\xe2\x82", false);
          c.send_frame(0, "");
        }) == 1007);
  auto c = e.opened();
  c.send_frame(1, typing("1").substr(0, 10), false);
  c.send_frame(9, "between");
  c.send_frame(0, typing("1").substr(10), true);
  CHECK(c.read().opcode == 10);
  CHECK(parsed(c.read()).at("id") == 1);
}

TEST_CASE("row 12: a message has only so many fragments, be they empty") {
  edge e([](auto& s) { s.max_fragments = 1000; });
  for (std::string piece : {"", " "}) {
    auto c = e.opened();
    auto flood = [&](int frames) {
      c.send_frame(1, piece, false);
      for (int i = 2; i < frames; ++i) c.send_frame(0, piece, false);
    };
    flood(1000);
    c.send_frame(0, typing("7"));
    CHECK(parsed(c.read()).at("id") == 7);
    flood(1001);
    c.send_frame(0, typing("8"));
    CHECK(c.read_close_code() == 1008);
  }
}
