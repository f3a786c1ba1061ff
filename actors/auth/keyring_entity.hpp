// The data with which gateways judge access tokens themselves: the public keys, and the sessions whose
// unexpired tokens must be refused. One entity; bound to the runtime by
// auth_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <string_view>

namespace nova::session {
class KeysRequest;
class RevocationsRequest;
}  // namespace nova::session

namespace nova::auth {

/// No state: keys follow from the secret and the time, and revocations are read.
struct keyring_state {};

struct keyring_entity {
  using state = keyring_state;
  using outcome = runtime::outcome<state>;

  /// At most this many revocations are returned, the newest first. None is lost below this number per token
  /// life (about 100 a second for 15 minutes).
  static constexpr std::int64_t max_revocations = 100'000;

  /// The kind with its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view, const runtime::reads&) { return state{}; }
  static std::size_t weight(const state& s) { return sizeof s; }
  static outcome keys(const state&, const session::KeysRequest&, const runtime::context&,
                      const runtime::reads&);
  static outcome revocations(const state&, const session::RevocationsRequest&,
                             const runtime::context&, const runtime::reads&);
};

}  // namespace nova::auth
