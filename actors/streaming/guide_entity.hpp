// Lists over all streams: the one virtual entity `guide` of the domain. It only reads.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "protocols/live/live.pb.h"
#include "protocols/streaming/streaming.pb.h"

#include <string_view>

namespace nova::streaming {

struct guide_state {};

struct guide_entity {
  using state = guide_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads&);
  static std::size_t weight(const state& s) { return sizeof s; }

  static outcome list_streams(const state&, const ListStreamsRequest&, const context&,
                              const reads&);
  static outcome list_unnamed(const state&, const live::UnnamedRequest&, const context&,
                              const reads&);
};

}  // namespace nova::streaming
