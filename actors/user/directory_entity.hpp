// Finds people by handle, and gives views their cards. One stateless entity per caller, so the look-ups
// of one caller do not wait for those of another. Bound to the runtime by user_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <string_view>

namespace nova::views {
class CardsRequest;
}

namespace nova::user {

class GetProfileByHandleRequest;
class SearchPeopleRequest;

struct directory_state {};

struct directory_entity {
  using state = directory_state;
  using outcome = runtime::outcome<state>;

  /// The kind with its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view, const runtime::reads&) { return state{}; }
  static std::size_t weight(const state& s) { return sizeof s; }
  static outcome get_profile_by_handle(const state&, const GetProfileByHandleRequest&,
                                       const runtime::context&, const runtime::reads&);
  static outcome cards(const state&, const views::CardsRequest&, const runtime::context&,
                       const runtime::reads&);
  static outcome search_people(const state&, const SearchPeopleRequest&, const runtime::context&,
                               const runtime::reads&);
};

}  // namespace nova::user
