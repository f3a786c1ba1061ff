#include "actors/messaging/conversation_rules.hpp"

#include <algorithm>

namespace nova::messaging {

bool may_write(const conversation_facts& s, const member_state& m) {
  return !s.blocked && (s.kind != conversation_kind::channel || m.role != member_role::member);
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

std::int64_t owner_count(const conversation_facts& s) {
  return std::ranges::count_if(s.members,
                               [](const auto& m) { return m.second.role == member_role::owner; });
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

Member describe_member(const uuid& account, const member_state& m) {
  Member out;
  out.set_account_id(to_string(account));
  out.set_role(std::string(to_text(m.role)));
  out.set_joined_at(m.joined_at);
  out.set_read_seq(m.read_seq);
  out.set_delivered_seq(m.delivered_seq);
  return out;
}

ConversationPush describe(const conversation_facts& s) {
  ConversationPush p;
  p.set_conversation_id(to_string(s.id));
  p.set_kind(std::string(to_text(s.kind)));
  if (s.title) p.set_title(*s.title);
  p.set_last_seq(s.last_seq);
  p.set_rev(s.rev);
  p.set_member_count(static_cast<std::int64_t>(s.members.size()));
  for (const auto& [account, m] : s.members) {
    if (p.members_size() == members_shown) break;
    *p.add_members() = describe_member(account, m);
  }
  return p;
}

}  // namespace nova::messaging
