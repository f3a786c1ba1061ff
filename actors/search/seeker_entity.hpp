// One account that searches. Virtual entity `seeker`, keyed by account_id; it keeps nothing in memory. Handlers: find_handlers.cpp,
// and erasure_handlers.cpp for the account's end.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "protocols/search/search.pb.h"

#include <string_view>

namespace nova::auth {
class ConfirmErasure;
}
namespace nova::user {
class RegistrationConfirmed;
}

namespace nova::search {

struct seeker_state {};

struct seeker_entity {
  using state = seeker_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view, const reads&) { return state{}; }
  static std::size_t weight(const state&) { return 64; }

  // find_handlers.cpp
  static outcome find(const state&, const FindRequest&, const context&, const reads&);

  // export_handlers.cpp
  static outcome export_part(const state&, const views::ExportRequest&, const context&,
                             const reads&);

  // registration_handlers.cpp
  static outcome on_registration_confirmed(const state&, const user::RegistrationConfirmed&,
                                           const context&, const reads&);

  // erasure_handlers.cpp
  static outcome on_confirm_erasure(const state&, const auth::ConfirmErasure&, const context&,
                                    const reads&);
};

}  // namespace nova::search
