#include "actors/messaging/conversation_rules.hpp"

#include "storage/messaging/messaging_store.hpp"

#include <algorithm>

namespace nova::messaging {

bool may_write(const conversation_facts& s, const member_state& m) {
  return !s.blocked && (s.kind != conversation_kind::channel || m.role != member_role::member);
}

std::optional<error> chat_refuses(const chat_facts& chat, const member_state& m,
                                  const uuid& account, unix_ms now) {
  if (m.role != member_role::member) return {};
  if (const auto ban = chat.bans.find(account); ban != chat.bans.end() && ban->second > now)
    return make_error(errc::forbidden, "A moderator has silenced you for a while.");
  const auto spoke = chat.spoke_at.find(account);
  const auto again = spoke == chat.spoke_at.end() ? 0 : spoke->second + chat.slow_mode_s * 1000;
  if (chat.slow_mode_s > 0 && again > now)
    return make_error(errc::rate_limited, "This chat is in slow mode.",
                      static_cast<std::uint32_t>(again - now));
  return {};
}

void note_spoken(chat_facts& chat, const uuid& account, unix_ms now) {
  constexpr std::size_t most_remembered = 4'096;
  chat.spoke_at[account] = now;
  if (chat.spoke_at.size() > most_remembered)
    std::erase_if(chat.spoke_at,
                  [&](const auto& x) { return x.second + chat.slow_mode_s * 1000 <= now; });
}

ChatSettings chat_settings(const chat_row& chat) {
  ChatSettings out;
  out.set_slow_mode_s(chat.slow_mode_s);
  if (chat.pinned_seq) out.set_pinned_seq(*chat.pinned_seq);
  return out;
}

error cannot_write(const conversation_facts& s) {
  return make_error(s.blocked ? errc::blocked : errc::forbidden);
}

std::optional<error> check_admin(const conversation_facts& s, const uuid& account) {
  const auto* me = s.member(account);
  if (!me) return make_error(errc::not_found);
  if (s.kind == conversation_kind::direct || me->role == member_role::member)
    return make_error(errc::forbidden);
  return {};
}

std::optional<uuid> heir(const conversation_facts& s, const uuid& leaving) {
  std::optional<uuid> best;
  auto rank = [&](const uuid& id) {
    const auto& m = s.members.at(id);
    return std::pair(m.role == member_role::admin ? 0 : 1, m.joined_at);
  };
  for (const auto& [account, m] : s.members)
    if (account != leaving && (!best || rank(account) < rank(*best))) best = account;
  return best;
}

unix_ms place_after(const conversation_facts& s, std::size_t members, std::int64_t limit,
                    unix_ms now) {
  if (std::cmp_greater(members, limit)) return 0;
  const bool near = now >= s.listed_at && now <= s.listed_at + store::list_slack_ms;
  return near && s.listed_at != 0 ? s.listed_at : now;
}

std::map<uuid, std::int64_t> block_counts(const conversation_state& s, const uuid& sender) {
  std::map<uuid, std::int64_t> out{{sender, 1}};
  for (const auto& account : s.block_senders) ++out[account];
  return out;
}

Member describe_member(const uuid& account, const member_state& m) {
  Member out;
  out.set_account_id(to_string(account));
  out.set_role(std::string(to_text(m.role)));
  out.set_joined_at(m.joined_at);
  out.set_read_seq(m.read_seq);
  out.set_delivered_seq(m.delivered_seq);
  return out;
}

ConversationPush describe(const conversation_facts& s, const std::vector<uuid>& added,
                          const member_state& newcomer) {
  ConversationPush p;
  p.set_conversation_id(to_string(s.id));
  p.set_kind(std::string(to_text(s.kind)));
  if (s.title) p.set_title(*s.title);
  p.set_last_seq(s.last_seq);
  p.set_rev(s.rev);
  p.set_member_count(std::ssize(s.members) + std::ssize(added));
  auto old = s.members.begin();
  auto next = added.begin();
  while (p.members_size() < members_shown && (old != s.members.end() || next != added.end())) {
    const bool from_old = next == added.end() || (old != s.members.end() && old->first < *next);
    *p.add_members() =
        from_old ? describe_member(old->first, old->second) : describe_member(*next, newcomer);
    if (from_old) ++old;
    else ++next;
  }
  return p;
}

}  // namespace nova::messaging
