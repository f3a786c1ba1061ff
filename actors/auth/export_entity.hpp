// The export of an account as its signed address names it. No state: each call reads the row. Bound to the runtime by auth_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <string_view>

namespace nova::auth {

class DownloadExportRequest;

struct export_state {};

struct export_entity {
  using state = export_state;
  using outcome = runtime::outcome<state>;

  /// The kind with its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view, const runtime::reads&) { return state{}; }
  static std::size_t weight(const state& s) { return sizeof s; }
  static outcome download_export(const state&, const DownloadExportRequest&,
                                 const runtime::context&, const runtime::reads&);
};

}  // namespace nova::auth
