// An account's side of messaging: its list of conversations, the creation of one, and the missed messages of a socket. Virtual
// entity `inbox`, keyed by account_id. It keeps no state in memory, and serialises the creations of its account.
#pragma once

#include "actors/messaging/conversation_entity.hpp"

namespace nova::auth {
class ConfirmErasure;
}
namespace nova::views {
class MessagesRequest;
}

namespace nova::messaging {

struct inbox_state {};

struct inbox_entity {
  using state = inbox_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view, const reads&) { return state{}; }
  static std::size_t weight(const state&) { return 64; }

  // inbox_handlers.cpp
  static outcome create_conversation(const state&, const CreateConversationRequest&, const context&,
                                     const reads&);
  static outcome list_conversations(const state&, const ListConversationsRequest&, const context&,
                                    const reads&);
  static outcome subscribe_presence(const state&, const SubscribePresenceRequest&, const context&,
                                    const reads&);
  static outcome messages(const state&, const views::MessagesRequest&, const context&,
                          const reads&);
  static outcome note_seen(const state&, const NoteSeenRequest&, const context&, const reads&);

  // erasure_handlers.cpp
  static outcome on_confirm_erasure(const state&, const auth::ConfirmErasure&, const context&,
                                    const reads&);

  // resume_handlers.cpp
  static outcome missed(const state&, const session::MissedRequest&, const context&, const reads&);
};

}  // namespace nova::messaging
