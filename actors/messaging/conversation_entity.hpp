// The conversation: the one that numbers messages and decides who may do what. Virtual entity `conversation`, keyed by
// conversation_id; bound to the methods of messaging.proto by messaging_descriptor. Pure rules: *_rules.cpp.
#pragma once

#include "actors/messaging/conversation_state.hpp"
#include "actors/runtime/api/decision.hpp"
#include "config/settings/messaging_settings.hpp"

namespace nova::messaging {

/// What the domain is started with; context::service<messaging_services>().
struct messaging_services {
  config::messaging_settings settings;
};

struct conversation_entity {
  using state = conversation_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  /// client_ids read when the conversation becomes active: more than clients have unanswered after a crash.
  static constexpr std::int64_t sends_loaded = 256;

  static runtime::loading<state> load(std::string_view key, const reads& r);
  static std::size_t weight(const state& s);

  // conversation_rules.cpp
  static outcome get_conversation(const state&, const ConversationRequest&, const context&, const reads&);
  static outcome update_conversation(const state&, const UpdateConversationRequest&, const context&, const reads&);
  static outcome typing(const state&, const TypingRequest&, const context&, const reads&);

  // send_rules.cpp
  static outcome send(const state&, const SendRequest&, const context&, const reads&);

  // message_rules.cpp
  static outcome history(const state&, const HistoryRequest&, const context&, const reads&);
  static outcome edit(const state&, const EditRequest&, const context&, const reads&);
  static outcome recall(const state&, const RecallRequest&, const context&, const reads&);
  static outcome react(const state&, const ReactRequest&, const context&, const reads&);
  static outcome unreact(const state&, const ReactRequest&, const context&, const reads&);

  // mark_rules.cpp
  static outcome read(const state&, const MarkRequest&, const context&, const reads&);
  static outcome delivered(const state&, const MarkRequest&, const context&, const reads&);

  // member_rules.cpp
  static outcome add_members(const state&, const AddMembersRequest&, const context&, const reads&);
  static outcome set_role(const state&, const SetRoleRequest&, const context&, const reads&);
  static outcome remove_member(const state&, const RemoveMemberRequest&, const context&, const reads&);
  static outcome list_members(const state&, const ListMembersRequest&, const context&, const reads&);
};

/// Members shown inside a conversation; the rest is paged from /members.
constexpr std::int64_t members_shown = 100;
constexpr std::int64_t members_shown_in_list = 32;

/// A push of `u` to all members, and the row by which a resuming client learns of it. Raises the conversation's rev.
void add_change(runtime::decision<conversation_state>& d, const conversation_facts& s, const runtime::context& c,
                std::optional<std::int64_t> seq, Change change);

/// What the members who are told of a conversation for the first time, or as a whole, get.
ConversationPush describe(const conversation_facts& s);

}  // namespace nova::messaging
