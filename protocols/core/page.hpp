// The page limit of the contract, and errors about one field. Used by the rules of every domain.
#pragma once

#include "protocols/core/error.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace nova {

constexpr std::int64_t default_page_limit = 50;
constexpr std::int64_t max_page_limit = 200;

inline error invalid_field(std::string field, std::string detail) {
  error e{errc::invalid_request, detail, 0, {}};
  e.fields.push_back({std::move(field), std::move(detail)});
  return e;
}

/// Returns 50 when the limit is absent, and never more than 200. Refuses zero and negative limits.
template <class Request>
result<std::int64_t> page_limit(const Request& q) {
  if (!q.has_limit()) return default_page_limit;
  if (q.limit() <= 0) return invalid_field("limit", "The limit must be positive.");
  return std::min<std::int64_t>(q.limit(), max_page_limit);
}

}  // namespace nova
