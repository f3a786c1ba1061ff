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

bool is_origin(std::string_view text) {
  const auto scheme = text.starts_with("https://") ? 8u : text.starts_with("http://") ? 7u : 0u;
  if (scheme == 0) return false;
  text.remove_prefix(scheme);
  const auto colon = std::min(text.find(':'), text.size());
  const auto host = text.substr(0, colon), port = text.substr(colon);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto of_name = [&](char c) {
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
  };
  const bool on_port =
      port.size() > 1 && port.size() <= 6 && std::all_of(port.begin() + 1, port.end(), digit);
  return !host.empty() && std::all_of(host.begin(), host.end(), of_name) &&
         (port.empty() || on_port);
}

}  // namespace nova::gateway
