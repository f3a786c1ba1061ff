// An account's side of messaging: its list of conversations, the creation of one, and the missed messages of a socket. Virtual
// entity `inbox`, keyed by account_id. It keeps in memory only a change of the account's card that is to be told, and serialises the creations of its account.
#pragma once

#include "actors/messaging/conversation_entity.hpp"

namespace google::protobuf {
class StringValue;
}
namespace nova::auth {
class ConfirmErasure;
}
namespace nova::user {
class CardChanged;
class Changed;
class RegistrationConfirmed;
}  // namespace nova::user
namespace nova::views {
class ExportRequest;
class MessagesRequest;
}  // namespace nova::views

namespace nova::messaging {

struct inbox_state {
  unix_ms card_told_at = 0;                   ///< when a change of the account's card was told last
  std::shared_ptr<const user::Changed> card;  ///< a later change that waits
};

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

  // registration_handlers.cpp
  static outcome on_registration_confirmed(const state&, const user::RegistrationConfirmed&,
                                           const context&, const reads&);

  // erasure_handlers.cpp
  static outcome on_confirm_erasure(const state&, const auth::ConfirmErasure&, const context&,
                                    const reads&);

  // export_handlers.cpp
  static outcome export_part(const state&, const views::ExportRequest&, const context&,
                             const reads&);

  // person_handlers.cpp
  static outcome on_card_changed(const state&, const user::CardChanged&, const context&,
                                 const reads&);
  static outcome on_due(const state&, const google::protobuf::StringValue&, const context&,
                        const reads&);

  // resume_handlers.cpp
  static outcome missed(const state&, const session::MissedRequest&, const context&, const reads&);
};

}  // namespace nova::messaging
