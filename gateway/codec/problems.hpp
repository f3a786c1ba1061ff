// Errors as clients see them: the problem document of RFC 9457 in JSON and as nova.session.Problem.
// Called by the HTTP and WebSocket sides.
#pragma once

#include "protocols/core/error.hpp"

#include <string>
#include <string_view>

namespace nova::session {
class Problem;
}

namespace nova::gateway {

/// JSON-RPC's own error numbers; all other numbers are those of errc.
enum class rpc_error : int {
  parse = -32700,
  invalid_request = -32600,
  no_method = -32601,
  invalid_params = -32602
};

/// Whole seconds for Retry-After, rounded up. At least 1 where the status needs the field (429, 503);
/// 0: no field.
unsigned retry_after_s(const error& e) noexcept;

/// Appends `{type, title, status, detail, code, request_id, …}`. `status` 0: the status of the error table.
void append_problem(std::string& out, const error& e, std::string_view request_id, int status = 0);

void fill_problem(session::Problem& out, const error& e, std::string_view request_id, int number);

}  // namespace nova::gateway
