// The address of this Nova before the paths that an encoder is told. Domains know no address: the caller's connection does. Called
// by http_exchange and socket_session.
#pragma once

#include "protocols/core/method.hpp"

#include <cstdint>
#include <string_view>

namespace nova::gateway {

/// True for methods whose reply can hold a nova.live.Ingest.
bool tells_ingest(const rpc::method& method);

/// The reply with `origin` (scheme://host) before the path, and with this gateway's RTMP server when it has one and no address of
/// another is told. Unchanged: it holds no Ingest, or whole addresses.
rpc::message_ptr with_ingest_address(const rpc::message_ptr& reply, std::string_view origin,
                                     std::uint16_t rtmp_port);

}  // namespace nova::gateway
