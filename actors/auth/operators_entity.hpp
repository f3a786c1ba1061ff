// The accounts with the operator role; few, all in one entity. Asked by the runtime for each call of an operator over HTTP. Bound
// to the runtime by auth_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "storage/auth/operator_rows.hpp"

#include <string_view>
#include <vector>

namespace nova::operations {
class StandingRequest;
}

namespace nova::auth {

class ListOperatorsRequest;
class AddOperatorRequest;
class RemoveOperatorRequest;

struct operators_state {
  std::vector<operator_row> all;  ///< oldest first
};

struct operators_entity {
  using state = operators_state;
  using outcome = runtime::outcome<state>;

  /// One more is refused as a conflict.
  static constexpr std::size_t max_operators = 100;

  /// The kind with its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view, const runtime::reads& r);
  static std::size_t weight(const state& s) { return sizeof s + s.all.size() * 128; }
  static outcome list_operators(const state&, const ListOperatorsRequest&, const runtime::context&,
                                const runtime::reads&);
  static outcome add_operator(const state&, const AddOperatorRequest&, const runtime::context&,
                              const runtime::reads&);
  static outcome remove_operator(const state&, const RemoveOperatorRequest&,
                                 const runtime::context&, const runtime::reads&);
  static outcome standing(const state&, const operations::StandingRequest&, const runtime::context&,
                          const runtime::reads&);
};

}  // namespace nova::auth
