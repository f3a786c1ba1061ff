// Finds the method that an HTTP target names, among the path templates that the .proto files
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
  std::string allow;  ///< value of the Allow header when the path exists
};

class route_table {
 public:
  /// Leaves out what only nodes may call.
  explicit route_table(std::span<const rpc::method* const> methods);

  /// `verb` as in the request ("GET"; HEAD is looked up as GET), `path` without query, raw. Invalid
  /// escapes: an error.
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
      rows_;  ///< literal segments before parameters, so that users/me is not an account
};

std::string_view verb_name(rpc::verb v) noexcept;

/// Percent-decoded text; empty when an escape is broken or the outcome has control characters.
/// Whether it is UTF-8 the request's own validation says. `plus_is_space` as in queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// `a=1&b=2`, decoded, in order.
std::optional<parameters> read_query(std::string_view query);

}  // namespace nova::gateway
