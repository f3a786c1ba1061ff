// A name that somebody signs in with, an e-mail address or a handle in lower case: finds the
// account and lets it decide. Bound to the runtime by auth_descriptor. A name that nobody has takes
// the same steps with an id made from the name, so that neither the answer nor its time tells names
// apart.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <string_view>

namespace nova::auth {

class LoginRequest;

/// Nothing: whose name it is may change, and is one indexed read away.
struct login_name_state {};

struct login_name_entity {
  using state = login_name_state;
  using outcome = runtime::outcome<state>;

  /// With its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view, const runtime::reads&) { return state{}; }
  static std::size_t weight(const state& s) { return sizeof s; }
  static outcome login(const state&, const LoginRequest&, const runtime::context&,
                       const runtime::reads&);
  /// Lower case.
  static result<std::string> normalise_key(const rpc::method& m, std::string raw);
};

}  // namespace nova::auth
