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

/// Parses any JSON text. Errors: nesting deeper than `max_depth`, invalid UTF-8, and all that is not RFC
/// 8259. A lone surrogate escape is valid JSON but not text. It is read as U+0000,
/// which no field accepts. Of repeated names the last counts.
result<boost::json::value> parse_json(std::string_view text, unsigned max_depth);

/// For JSON text: true when an escape of half a surrogate pair stands alone.
bool has_lone_surrogate(std::string_view text);

/// The request of an HTTP call: the fields of the path, and other fields from the body (POST, PUT, PATCH, and DELETE
/// with a body) or from the query (GET, DELETE). If a field stands in both, the path's value counts.
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

/// The request of a WebSocket call. `params` null, or JSON's null: the call has no parameters.
result<rpc::message_ptr> read_json_params(const rpc::method& method,
                                          const boost::json::value* params);
result<rpc::message_ptr> read_protobuf_params(const rpc::method& method, std::string_view params);

}  // namespace nova::gateway
