#include "gateway/access/origins.hpp"

#include "protocols/core/text.hpp"

#include <algorithm>

namespace nova::gateway {
namespace {

std::string_view without_port(std::string_view authority, std::string_view port) {
  return authority.ends_with(port) ? authority.substr(0, authority.size() - port.size())
                                   : authority;
}

}  // namespace

bool same_origin(std::string_view origin, std::string_view host, std::string_view scheme) {
  if (host.empty()) return false;
  struct row {
    std::string_view scheme, prefix, port;
  };
  constexpr row known[] = {{"http", "http://", ":80"}, {"https", "https://", ":443"}};
  for (const auto& k : known) {
    if (!scheme.empty() && scheme != k.scheme) continue;
    if (origin.size() < k.prefix.size() ||
        !same_ignoring_case(origin.substr(0, k.prefix.size()), k.prefix))
      continue;
    auto authority = origin.substr(k.prefix.size());
    if (same_ignoring_case(without_port(authority, k.port), without_port(host, k.port)))
      return true;
  }
  return false;
}

bool listed_origin(std::string_view origin, std::span<const std::string> listed) {
  return std::any_of(listed.begin(), listed.end(),
                     [&](const auto& known) { return same_ignoring_case(origin, known); });
}

}  // namespace nova::gateway
