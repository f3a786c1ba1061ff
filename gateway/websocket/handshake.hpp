// Decides whether a WebSocket may be opened: origin, subprotocol, rates, bearer header. Called by
// http_connection for each upgrade.
#pragma once

#include "gateway/session/socket_session.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

/// The fields of the upgrade request that are checked. The views must live until judge_handshake() returns.
struct upgrade_fields {
  std::string_view origin, host;
  std::string_view scheme;  ///< empty: not known
  std::string_view authorization, protocols;
};

struct handshake {
  encoding enc = encoding::json;
  std::string subprotocol;  ///< the chosen one; empty: none was offered
  std::optional<principal> who;
  unauthenticated_place place;
  std::string request_id;
  std::string leftover;  ///< bytes behind the request
};

/// `done` is called on `thread`, at once or later.
void judge_handshake(edge& e, io_thread& thread, const upgrade_fields& request,
                     const std::string& address, std::function<void(result<handshake>)> done);

}  // namespace nova::gateway
