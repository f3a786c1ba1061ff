// From bytes to a method's request message, in JSON or protobuf, checked against the declared
// limits. Called by http_exchange and rpc_codec.
#pragma once

#include "gateway/codec/route_table.hpp"
#include "protocols/core/method.hpp"

#include <boost/json/value.hpp>

#include <memory>
#include <string_view>

namespace nova::gateway {

enum class body_format { json, protobuf };

/// A JSON text of any kind. Deeper than `max_depth`, invalid UTF-8 and anything that is not RFC
/// 8259: an error. A lone surrogate escape (grammatically JSON, but no text) is read as U+0000,
/// which no field accepts. Of repeated names the last counts.
result<boost::json::value> parse_json(std::string_view text, unsigned max_depth);

/// Of JSON text: an escape of half a surrogate pair stands alone.
bool has_lone_surrogate(std::string_view text);

/// The request of an HTTP call: the body (for POST, PUT, PATCH) or the query (GET, DELETE), then
/// the path, which wins.
struct http_parts {
  const rpc::method& method;
  const rpc::http_route& route;
  const parameters& path;
  std::string_view query;
  std::string_view body;
  body_format format = body_format::json;
  unsigned max_json_depth = 32;
};
result<rpc::message_ptr> read_http_request(const http_parts& parts);

/// The request of a WebSocket call; `params` null, or JSON's null: none were given.
result<rpc::message_ptr> read_json_params(const rpc::method& method,
                                          const boost::json::value* params);
result<rpc::message_ptr> read_protobuf_params(const rpc::method& method, std::string_view params);

}  // namespace nova::gateway
