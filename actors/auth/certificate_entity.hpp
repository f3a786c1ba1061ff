// The certificate of a deletion: its record, which outlives the account. No state: each call reads the row. Bound to the runtime
// by auth_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <string_view>

namespace nova::auth {

class GetDeletionRequest;

struct certificate_state {};

struct certificate_entity {
  using state = certificate_state;
  using outcome = runtime::outcome<state>;

  /// The kind with its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view, const runtime::reads&) { return state{}; }
  static std::size_t weight(const state& s) { return sizeof s; }
  static outcome get_deletion(const state&, const GetDeletionRequest&, const runtime::context&,
                              const runtime::reads&);
};

}  // namespace nova::auth
