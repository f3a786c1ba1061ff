// Pure decisions about a conversation and its members: rights, the successor of an owner, the view for members.
// Called by the handlers; no runtime types, no SQL.
#pragma once

#include "actors/messaging/conversation_state.hpp"
#include "protocols/core/error.hpp"

namespace nova::messaging {

/// Number of members shown inside a conversation; the others are paged from /members.
constexpr std::int64_t members_shown = 100;
constexpr std::int64_t members_shown_in_list = 32;

/// False for readers of a channel. False for both sides of a direct conversation while one side blocks the other.
bool may_write(const conversation_facts& s, const member_state& m);

/// In a chat: a member who is banned for a time is refused as forbidden; in slow mode one who wrote a moment ago as rate_limited,
/// with the time to wait. Moderators (owners and admins) are bound by neither.
std::optional<error> chat_refuses(const chat_facts& chat, const member_state& m,
                                  const uuid& account, unix_ms now);

/// In slow mode. Forgets those who may write again when there are many.
void note_spoken(chat_facts& chat, const uuid& account, unix_ms now);

ChatSettings chat_settings(const chat_row& chat);

/// The error for an account that may not write.
error cannot_write(const conversation_facts& s);

/// Membership of a direct conversation is fixed; in other conversations admins and owners change it. `not_found` for non-members.
std::optional<error> check_admin(const conversation_facts& s, const uuid& account);

/// The next owner when the last one leaves: the longest-standing admin, else the longest-standing member.
std::optional<uuid> heir(const conversation_facts& s, const uuid& leaving);

/// Where the conversation lies in its members' lists after an act at `now` that leaves it with `members`; 0: nowhere. Equal to
/// `listed_at`: as before. `limit`: members of a conversation that has a place.
unix_ms place_after(const conversation_facts& s, std::size_t members, std::int64_t limit,
                    unix_ms now);

/// How many messages of the block that `seq` fills each account sent, with `sender` as the last.
std::map<uuid, std::int64_t> block_counts(const conversation_state& s, const uuid& sender);

Member describe_member(const uuid& account, const member_state& m);

/// The push of a whole conversation, for accounts that see it for the first time. `added`: members who are not in `s` yet,
/// ascending, all of them as `newcomer`.
ConversationPush describe(const conversation_facts& s, const std::vector<uuid>& added = {},
                          const member_state& newcomer = {});

}  // namespace nova::messaging
