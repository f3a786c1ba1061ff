// Media as readers and the gateway see them. Virtual entity `showcase` without state: a medium is read under its own id, a page
// under the reader's account, so that readers do not wait for each other. Handlers: showcase_handlers.cpp.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <string_view>

namespace nova::transfer {
class LimitsRequest;
class ReadRequest;
}  // namespace nova::transfer
namespace nova::views {
class MediaRequest;
}

namespace nova::media {

class MediaRequest;
class WaitingRequest;
class UnnamedRequest;

struct showcase_state {};

struct showcase_entity {
  using state = showcase_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  /// The kind with its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view, const reads&) { return state{}; }
  static std::size_t weight(const state& s) { return sizeof s; }

  static outcome get_media(const state&, const MediaRequest&, const context&, const reads&);
  static outcome show_media(const state&, const views::MediaRequest&, const context&, const reads&);
  static outcome limits(const state&, const transfer::LimitsRequest&, const context&, const reads&);
  static outcome read_media(const state&, const transfer::ReadRequest&, const context&,
                            const reads&);
  static outcome list_waiting(const state&, const WaitingRequest&, const context&, const reads&);
  static outcome list_unnamed(const state&, const UnnamedRequest&, const context&, const reads&);
};

}  // namespace nova::media
