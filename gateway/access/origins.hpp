// The web pages that may use Nova: pages of its own origin and of listed origins. Used by handshake,
// http_exchange, answer_rules and server.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace nova::gateway {

/// True when `origin` names the host of the request. The default port of the origin's scheme
/// may be left out on either side. `scheme` of the request; empty when not known: a
/// proxy that is not listed may have ended TLS.
bool same_origin(std::string_view origin, std::string_view host, std::string_view scheme);

bool listed_origin(std::string_view origin, std::span<const std::string> listed);

/// True for a scheme http or https, a host name or an IPv4 address, and maybe a port. A content policy cannot name IPv6 addresses.
bool is_origin(std::string_view text);

}  // namespace nova::gateway
