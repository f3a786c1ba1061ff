// An account as the owner of streams: virtual entity `owner`, keyed by account_id. It gives the account's
// streams for an export, and answers that they are erased.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <string_view>

namespace nova::auth {
class ConfirmErasure;
}

namespace nova::views {
class ExportRequest;
}

namespace nova::streaming {

struct owner_state {
  uuid account{};
};

struct owner_entity {
  using state = owner_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads&);
  static std::size_t weight(const state& s) { return sizeof s; }

  static outcome export_part(const state&, const views::ExportRequest&, const context&,
                             const reads&);
  /// Comes behind the erasure of the account, which left the count in a row.
  static outcome on_confirm_erasure(const state&, const auth::ConfirmErasure&, const context&,
                                    const reads&);
};

}  // namespace nova::streaming
