// What JSON-RPC and the contract expect of the WebSocket side, row by row.
#include "tests/gateway/socket_words.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::test;

namespace {

std::string raw_answer(ws_client& c, const std::string& id) {
  c.send(typing(id));
  return c.read().data;
}

}  // namespace

TEST_CASE("H: an id comes back byte for byte") {
  edge e;
  auto c = e.opened();
  for (const std::string id :
       {"123456789012345678901234567890", "1.0", "1e2", "-0", "1E+400", "0.10", R"("\u0041\/b")",
        R"("a\"b,}")", "\"\xc3\xa9\"", R"("\ud83d\ude00")", "null"})
    CHECK(raw_answer(c, id).find(R"("id":)" + id + ",") != std::string::npos);
  c.send(
      R"( { "params" : {"id":[1,{"id":2}],"x":"\"id\":3"} , "jsonrpc":"2.0", "id" : "first", "\u0069d" : 7.50 ,"method":"no.such"} )");
  CHECK(c.read().data.find(R"("id":7.50,)") != std::string::npos);
}

TEST_CASE("H: an id with a lone surrogate is no id") {
  edge e;
  auto c = e.opened();
  for (const std::string id : {R"("\ud800")", R"("a\udc00b")", R"("\ud800\u0041")"}) {
    auto answer = answer_to(c, typing(id));
    CHECK(code(answer) == -32600);
    CHECK(answer.at("id").is_null());
  }
}

TEST_CASE("H: params that are null are absent") {
  edge e;
  auto c = e.opened();
  CHECK(answer_to(c, call("1", "messaging.conversations", "null")).at("result").is_object());
  CHECK(code(answer_to(c, call("2", "messaging.conversations", "[]"))) == -32602);
}

TEST_CASE("H: one form of request id on both transports") {
  edge e;
  auto c = e.opened();
  auto id_of = [](const boost::json::value& problem) {
    return std::string(problem.at("request_id").as_string());
  };
  auto first = id_of(answer_to(c, call("1", "messaging.send")).at("error").at("data"));
  auto second = id_of(answer_to(c, call("2", "messaging.send")).at("error").at("data"));
  auto http = id_of(boost::json::parse(e.get("/no/such").body));
  answer_to(c, typing("3"));
  auto called = e.bus.calls("messaging.typing", 1)[0].request_id;
  for (const auto& id : {first, second, http, called}) {
    auto read = parse_uuid(id);
    REQUIRE(read);
    CHECK((read->data[6] & 0xf0) == 0x70);
  }
  CHECK(first != second);
  CHECK(second != called);
}

TEST_CASE("H: what anybody may call works on a socket before session.open") {
  edge e;
  auto c = e.socket();
  auto answer = answer_to(c, call("1", "auth.login", R"({"identifier":"a","password":"b"})"));
  CHECK(answer.at("result").is_object());
  auto caller = e.bus.calls("auth.login", 1)[0].caller;
  CHECK(caller.kind == rpc::caller_kind::anonymous);
  CHECK(caller.address == "127.0.0.1");
  CHECK(code(answer_to(c, typing("2"))) == 4010);
  CHECK(answer_to(c, open_call(e.token())).at("result").is_object());
  CHECK(answer_to(c, typing("3")).at("result").is_object());
}
