// The errors a client can see, as values. Every layer returns them; the gateway turns them into problem documents
// (RFC 9457) and JSON-RPC errors. The table is errors.def.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nova {

enum class errc : std::uint16_t {
#define NOVA_ERROR(name, number, status, retry, title) name = number,
#include "protocols/core/errors.def"
#undef NOVA_ERROR
};

/// One row of the table: the properties of one code.
struct errc_info {
  errc code;
  std::string_view name;  ///< snake_case; the problem document's `code`
  int http_status;
  bool retry;  ///< the same request may succeed later
  std::string_view title;
};

/// The row of `code`; the row of `internal` for a number that is not in the table.
const errc_info& describe(errc code) noexcept;

/// All rows, in the table's order (for OpenAPI and for tests).
const std::vector<errc_info>& all_errors();

struct field_error {
  std::string field;   ///< JSON name of the request's field, dotted when nested
  std::string detail;  ///< one sentence for a person
};

struct error {
  errc code = errc::internal;
  std::string detail = {};           ///< one sentence for a person; no SQL, path, version or stack
  std::uint32_t retry_after_ms = 0;  ///< 0: not stated
  std::vector<field_error> fields = {};
};

/// The one way to make an error. `detail` is one sentence for a person; if empty, the table's title is used.
error make_error(errc code, std::string detail = {}, std::uint32_t retry_after_ms = 0);
error make_error(errc code, std::string detail, std::vector<field_error> fields);

template <class T>
using result = boost::system::result<T, error>;

/// Called by `result::value()` on an error. The error means a broken invariant, so std::logic_error is thrown.
[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& where);

}  // namespace nova
