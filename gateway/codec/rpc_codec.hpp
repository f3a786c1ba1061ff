// Calls and answers on the WebSocket: JSON-RPC 2.0 in nova.v1.json, session.Frame in nova.v1.proto.
// Pure; called by websocket_connection.
#pragma once

#include "gateway/codec/problems.hpp"
#include "gateway/loop/frame.hpp"
#include "protocols/core/method.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace nova::session {
class Push;
}

namespace nova::gateway {

enum class encoding : std::uint8_t { json, protobuf };

struct codec_limits {
  unsigned max_json_depth;
  unsigned max_id_bytes;
};

/// A message that is not a valid call, with a number of JSON-RPC or of the error table.
struct call_failure {
  int number;
  error problem;
};

struct incoming_call {
  std::string
      id;  ///< JSON text, or decimal digits in protobuf; "null" when the client's id could not be read
  bool notification = false;  ///< carried out without an answer, even if it fails
  const rpc::method* method = nullptr;
  rpc::message_ptr params;
  std::optional<call_failure> failure;
};

incoming_call read_call(encoding e, std::string_view text, const codec_limits& limits);

frame write_result(encoding e, std::string_view id, const rpc::method& method,
                   const rpc::message& reply);
frame write_failure(encoding e, std::string_view id, const call_failure& failure,
                    std::string_view request_id);

/// A push that a domain gives as bytes. Empty when this node does not know the push, or when the bytes are not
/// its message; then clients of this node do not know it either.
std::optional<frame> write_push(encoding e, const session::Push& push);

/// The number and problem of a domain's error.
call_failure failure_of(error e);

}  // namespace nova::gateway
