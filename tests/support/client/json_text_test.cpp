// Tests of json_text.hpp.
#include "tests/support/client/json_text.hpp"

#include <doctest/doctest.h>

using namespace nova::client;

TEST_CASE("a frame is read whatever the order of its members") {
  auto r = read_frame(R"({"jsonrpc":"2.0","id":17,"result":{"seq":3,"deep":[{"a":"}"}]}})");
  CHECK(r.what == frame_view::kind::result);
  CHECK(r.id == 17);
  CHECK(r.body == R"({"seq":3,"deep":[{"a":"}"}]})");
  r = read_frame(R"({ "error" : {"code":4040,"data":{"code":"not_found"}}, "id" : 2 })");
  CHECK(r.what == frame_view::kind::error);
  CHECK(r.id == 2);
  CHECK(find_string(r.body, "code") == "not_found");
  r = read_frame(
      R"({"jsonrpc":"2.0","method":"messaging.message","params":{"seq":1,"text":"a \"b\" }"}})");
  CHECK(r.what == frame_view::kind::push);
  CHECK(r.method == "messaging.message");
  CHECK(r.body == R"({"seq":1,"text":"a \"b\" }"})");
  CHECK(read_frame("[1,2]").what == frame_view::kind::other);
  CHECK(read_frame("{\"id\":").what == frame_view::kind::other);
}

TEST_CASE("members are found by name and absent ones are not invented") {
  const auto json = R"({"last_seq":12,"seq":-7,"sender_id":"x"})";
  CHECK(find_number(json, "seq") == -7);
  CHECK(find_number(json, "last_seq") == 12);
  CHECK_FALSE(find_number(json, "eq").has_value());
  CHECK(find_string(json, "sender_id") == "x");
  CHECK(find_string(json, "sender") == "");
}

TEST_CASE("text is quoted as JSON") {
  CHECK(quoted("plain") == "\"plain\"");
  CHECK(quoted("a\"b\\\n") == "\"a\\\"b\\\\\\n\"");
}
