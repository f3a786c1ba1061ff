// What gateways need to judge access tokens by themselves: the public keys, and the sessions whose
// tokens must be refused although they are alive. One entity; bound to the runtime by
// auth_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <string_view>

namespace nova::session {
class KeysRequest;
class RevocationsRequest;
}  // namespace nova::session

namespace nova::auth {

/// Nothing: keys follow from the secret and the time, revocations are read.
struct keyring_state {};

struct keyring_entity {
  using state = keyring_state;
  using outcome = runtime::outcome<state>;

  /// The newest so many revocations are told; with fewer than this a token life (100 a second for
  /// 15 minutes) none is lost.
  static constexpr std::int64_t max_revocations = 100'000;

  /// With its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view, const runtime::reads&) { return state{}; }
  static std::size_t weight(const state& s) { return sizeof s; }
  static outcome keys(const state&, const session::KeysRequest&, const runtime::context&,
                      const runtime::reads&);
  static outcome revocations(const state&, const session::RevocationsRequest&,
                             const runtime::context&, const runtime::reads&);
};

}  // namespace nova::auth
