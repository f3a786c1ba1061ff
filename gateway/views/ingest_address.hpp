// The address of this Nova before the paths that an encoder is told. Domains know no address: the caller's connection does. Called
// by http_exchange and socket_session.
#pragma once

#include "protocols/core/method.hpp"

#include <string_view>

namespace nova::gateway {

/// True for methods whose reply can hold a nova.live.Ingest.
bool tells_ingest(const rpc::method& method);

/// The reply with `origin` (scheme://host) before the path. Unchanged: it holds no Ingest, or a whole address.
rpc::message_ptr with_ingest_address(const rpc::message_ptr& reply, std::string_view origin);

}  // namespace nova::gateway
