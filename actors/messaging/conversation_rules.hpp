// Pure decisions about a conversation and its members: who may do what, who follows an owner, how it looks to members.
// Called by the handlers; no runtime types, no SQL.
#pragma once

#include "actors/messaging/conversation_state.hpp"
#include "protocols/core/error.hpp"

namespace nova::messaging {

/// Members shown inside a conversation; the rest is paged from /members.
constexpr std::int64_t members_shown = 100;
constexpr std::int64_t members_shown_in_list = 32;

/// False for readers of a channel, and for both sides of a direct conversation while a block stands between them.
bool may_write(const conversation_facts& s, const member_state& m);

/// Why an account that may not write is refused.
error cannot_write(const conversation_facts& s);

/// Membership of a direct conversation is fixed; in others admins and owners change it. `not_found` for strangers.
std::optional<error> check_admin(const conversation_facts& s, const uuid& account);

std::int64_t owner_count(const conversation_facts& s);

/// The next owner when the last one leaves: the longest-standing admin, else the longest-standing member.
std::optional<uuid> heir(const conversation_facts& s, const uuid& leaving);

Member describe_member(const uuid& account, const member_state& m);

/// The push to members who are told of a conversation for the first time, or as a whole.
ConversationPush describe(const conversation_facts& s);

}  // namespace nova::messaging
