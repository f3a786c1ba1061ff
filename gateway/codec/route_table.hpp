// Finds the method of an HTTP target among the path templates that the .proto files
// declare. Built once by server, then only read. Also the strict percent-decoding of paths and
// queries.
#pragma once

#include "protocols/core/method.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nova::gateway {

using parameters = std::vector<std::pair<std::string, std::string>>;

struct route_match {
  const rpc::method* method = nullptr;  ///< null: 404 when `allow` is empty, else 405
  const rpc::http_route* route = nullptr;
  parameters path;    ///< decoded
  std::string allow;  ///< value of the Allow header, when the path exists
};

class route_table {
 public:
  /// Leaves out methods that only nodes may call.
  explicit route_table(std::span<const rpc::method* const> methods);

  /// `verb` as in the request ("GET"; HEAD is treated as GET). `path` is raw and has no query. An invalid
  /// escape is an error.
  result<route_match> find(std::string_view verb, std::string_view path) const;

 private:
  struct segment {
    std::string text;
    bool parameter;
  };
  struct row {
    std::vector<segment> segments;
    const rpc::method* method;
    const rpc::http_route* route;
  };
  std::vector<row>
      rows_;  ///< literal segments before parameters, so users/me is never read as an account id
};

std::string_view verb_name(rpc::verb v) noexcept;

/// Percent-decoded text. Empty when an escape is invalid or the result contains control characters.
/// The request's own validation checks for UTF-8. `plus_is_space`: as in queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// `a=1&b=2`, decoded, in order.
std::optional<parameters> read_query(std::string_view query);

}  // namespace nova::gateway
