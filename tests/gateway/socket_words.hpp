// What a WebSocket of the edge's tests says and hears, as JSON-RPC. For socket_*_test.cpp.
#pragma once

#include "tests/gateway/edge_fixture.hpp"

#include <boost/json.hpp>

namespace nova::test {

inline boost::json::value parsed(const ws_message& m) { return boost::json::parse(m.data); }
inline boost::json::value answer_to(ws_client& c, const std::string& text) {
  c.send(text);
  return parsed(c.read());
}
inline std::int64_t code(const boost::json::value& answer) {
  return answer.at("error").at("code").as_int64();
}

inline std::string call(const std::string& id, const std::string& method,
                        const std::string& params = "{}") {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":")" + method + R"(","params":)" + params +
         "}";
}

inline std::string typing(const std::string& id) {
  return call(id, "messaging.typing",
              R"({"conversation_id":"0190a000-0000-7000-8000-000000000001"})");
}

}  // namespace nova::test
