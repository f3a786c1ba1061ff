// A name to sign in with: an e-mail address or a handle, in lower case. Finds the
// account and lets it decide. Bound to the runtime by auth_descriptor. An unknown name takes
// the same steps with an id made from the name. So neither the answer nor its time tells whether the name
// exists.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <string_view>

namespace nova::auth {

class LoginRequest;

/// No state: the owner of a name may change, and one indexed read finds the owner.
struct login_name_state {};

struct login_name_entity {
  using state = login_name_state;
  using outcome = runtime::outcome<state>;

  /// The kind with its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view, const runtime::reads&) { return state{}; }
  static std::size_t weight(const state& s) { return sizeof s; }
  static outcome login(const state&, const LoginRequest&, const runtime::context&,
                       const runtime::reads&);
  /// Returns the name in lower case.
  static result<std::string> normalise_key(const rpc::method& m, std::string raw);
};

}  // namespace nova::auth
