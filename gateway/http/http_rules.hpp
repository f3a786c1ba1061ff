// Strict checks of the raw bytes of a request's header, before Beast parses them. Beast accepts framing
// that RFC 9112 forbids, and afterwards the parsed fields do not show it. Pure; called by http_connection for every
// request.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace nova::gateway {

struct http_limits {
  std::size_t max_header_bytes;  ///< of the field lines
  std::size_t max_header_fields;
  std::size_t max_target_bytes;
};

/// Why a request is refused; the connection is closed after the answer.
struct refusal {
  int status;               ///< 400, 414, 431, 505
  std::string_view reason;  ///< one sentence, fixed text
};

/// The host of an absolute-form target; it replaces the Host field (RFC 9112 §3.2.2). Empty for other targets.
std::string_view authority_of(std::string_view target) noexcept;

/// Checks a whole header block: request line and fields, with the empty line at its end.
std::optional<refusal> check_header(std::string_view block, const http_limits& limits);

/// Checks the part of a header block that has come so far. So no data over a limit is stored
/// or waited for.
std::optional<refusal> check_partial_header(std::string_view so_far, const http_limits& limits);

/// Checks a chunk's extensions: their size, and that they contain no control bytes.
bool chunk_extension_ok(std::string_view extension, std::size_t max_bytes) noexcept;

}  // namespace nova::gateway
