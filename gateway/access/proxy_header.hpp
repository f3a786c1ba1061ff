// The header of the PROXY protocol, version 2, as HAProxy's specification has it: a proxy that passes TCP on says in it for which
// client it speaks. Pure; used by http_connection for the connections of listed proxies.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace nova::gateway {

inline constexpr std::size_t proxy_head_bytes = 16;
/// Addresses and what a proxy adds to them; a longer header is refused.
inline constexpr std::size_t max_proxy_rest_bytes = 520;

/// How many bytes follow these first ones. Empty: no header of version 2, or too long.
std::optional<std::size_t> proxy_rest_bytes(std::span<const unsigned char, proxy_head_bytes> head);

/// The client's address; `own` when the proxy speaks for itself or names no IP address. Empty: the header is malformed.
std::optional<std::string> proxied_address(std::span<const unsigned char, proxy_head_bytes> head,
                                           std::span<const unsigned char> rest, std::string own);

}  // namespace nova::gateway
