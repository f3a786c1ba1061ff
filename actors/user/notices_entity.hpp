// One account's notifications. Bound to the runtime by user_descriptor; acts of others come by user's own Noticed event and
// by content's events.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "storage/user/user_rows.hpp"

#include <optional>
#include <string_view>

namespace nova::content {
class PostShared;
class ReactionSet;
}  // namespace nova::content

namespace nova::user {

class ListMineRequest;
class Noticed;
class ReadNotificationsRequest;

struct notices_state {
  uuid account{};
  notice_head_row head;
};

struct notices_entity {
  using state = notices_state;
  using outcome = runtime::outcome<notices_state>;
  using context = runtime::context;
  using reads = runtime::reads;

  /// So many over the limit are there before the oldest are deleted.
  static constexpr std::int64_t trim_step = 50;

  /// With its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads& r);
  static std::size_t weight(const state& s) { return sizeof s; }

  static outcome list_notifications(const state&, const ListMineRequest&, const context&,
                                    const reads&);
  static outcome read_notifications(const state&, const ReadNotificationsRequest&, const context&,
                                    const reads&);
  static outcome on_noticed(const state&, const Noticed&, const context&, const reads&);
  static outcome on_reaction_set(const state&, const content::ReactionSet&, const context&,
                                 const reads&);
  static outcome on_post_shared(const state&, const content::PostShared&, const context&,
                                const reads&);
};

}  // namespace nova::user
