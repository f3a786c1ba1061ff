// The conversation: it numbers messages and checks the rights of members. Virtual entity `conversation`, keyed by
// conversation_id; started by messaging_descriptor. Handlers: *_handlers.cpp.
#pragma once

#include "actors/messaging/conversation_state.hpp"
#include "actors/messaging/messaging_services.hpp"
#include "actors/runtime/api/domain.hpp"

namespace nova::views {
class MembershipRequest;
}
namespace nova::streaming {
class StreamChanged;
class StreamCreated;
}  // namespace nova::streaming

namespace nova::messaging {

struct conversation_entity {
  using state = conversation_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  /// Number of client_ids read when the conversation becomes active. It exceeds the sends that clients repeat after a crash.
  static constexpr std::int64_t sends_loaded = 256;

  static runtime::entity_kind kind();
  /// Gives each id one spelling, because the runtime compares keys as text.
  static result<std::string> normalise_key(const rpc::method&, std::string raw);
  static runtime::loading<state> load(std::string_view key, const reads& r);
  static std::size_t weight(const state& s);

  // conversation_handlers.cpp
  static outcome get_conversation(const state&, const ConversationRequest&, const context&,
                                  const reads&);
  static outcome update_conversation(const state&, const UpdateConversationRequest&, const context&,
                                     const reads&);
  static outcome typing(const state&, const TypingRequest&, const context&, const reads&);

  // send_handlers.cpp
  static outcome send(const state&, const SendRequest&, const context&, const reads&);

  // message_handlers.cpp
  static outcome history(const state&, const HistoryRequest&, const context&, const reads&);
  static outcome belongs(const state&, const views::MembershipRequest&, const context&,
                         const reads&);
  static outcome edit(const state&, const EditRequest&, const context&, const reads&);
  static outcome recall(const state&, const RecallRequest&, const context&, const reads&);
  static outcome react(const state&, const ReactRequest&, const context&, const reads&);
  static outcome unreact(const state&, const ReactRequest&, const context&, const reads&);

  // mark_handlers.cpp
  static outcome read(const state&, const MarkRequest&, const context&, const reads&);
  static outcome delivered(const state&, const MarkRequest&, const context&, const reads&);

  // member_handlers.cpp
  static outcome add_members(const state&, const AddMembersRequest&, const context&, const reads&);
  static outcome set_role(const state&, const SetRoleRequest&, const context&, const reads&);
  static outcome remove_member(const state&, const RemoveMemberRequest&, const context&,
                               const reads&);
  static outcome list_members(const state&, const ListMembersRequest&, const context&,
                              const reads&);

  // chat_handlers.cpp: chats of live streams
  static outcome join_chat(const state&, const ConversationRequest&, const context&, const reads&);
  static outcome ban_member(const state&, const BanRequest&, const context&, const reads&);
  static outcome unban_member(const state&, const BanRequest&, const context&, const reads&);
  static outcome set_chat(const state&, const SetChatRequest&, const context&, const reads&);
  static outcome on_stream_created(const state&, const streaming::StreamCreated&, const context&,
                                   const reads&);
  static outcome on_stream_changed(const state&, const streaming::StreamChanged&, const context&,
                                   const reads&);
};

/// All members of the conversation but `except`.
inline runtime::audience to_everyone(const conversation_facts& s, const uuid& except = {}) {
  return {s.everyone, except, s.crowd};
}

/// Pushes `change` to all members, and stores it for clients that resume later. Raises the conversation's rev.
/// `before`: changes that the decision has already.
void add_change(runtime::decision<conversation_state>& d, const conversation_facts& s,
                const runtime::context& c, std::optional<std::int64_t> seq, Change change,
                std::int64_t before = 0);

/// Tells other domains of new members, who may read every message. Very many come in several events.
std::vector<runtime::event> members_added(const uuid& conversation,
                                          const std::vector<uuid>& accounts, std::int64_t rev);

}  // namespace nova::messaging
