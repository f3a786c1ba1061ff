// A conversation itself: its face to a member, its title, typing. Handlers of conversation_entity.
#include "actors/messaging/conversation_entity.hpp"
#include "actors/messaging/conversation_rules.hpp"
#include "actors/messaging/message_rules.hpp"

#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/messaging_store.hpp"

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

namespace {

// What a reply about the conversation is read from; see read_reply.
need summary_of(const conversation_state& s, const uuid& account) {
  return need{{store::conversation_summary(s.id, account),
               store::conversation_members({s.id}, members_shown)}};
}

std::optional<Conversation> read_reply(const runtime::reads& r) {
  auto summary = read_summary(r.rows(0));
  if (!summary) return {};
  for (auto& row : read_shown_members(r.rows(1))) *summary->add_members() = std::move(row.member);
  return summary;
}

}  // namespace

conversation_entity::outcome conversation_entity::get_conversation(const state& s,
                                                                   const ConversationRequest&,
                                                                   const context& c,
                                                                   const reads& r) {
  if (!s.member(c.caller.account)) return make_error(errc::not_found);
  if (r.size() == 0) return summary_of(s, c.caller.account);
  auto reply = read_reply(r);
  if (!reply) return make_error(errc::not_found);
  if (s.chat) *reply->mutable_chat() = chat_settings(*s.chat);
  decision<state> d;
  d.reply = share(*std::move(reply));
  return d;
}

conversation_entity::outcome conversation_entity::update_conversation(
    const state& s, const UpdateConversationRequest& q, const context& c, const reads& r) {
  const auto* me = s.member(c.caller.account);
  if (!me) return make_error(errc::not_found);
  if (s.kind == conversation_kind::direct || me->role == member_role::member)
    return make_error(errc::forbidden);
  const auto title = checked_title(q.title());
  if (!title) return title.error();
  if (r.size() == 0) return summary_of(s, c.caller.account);
  auto reply = read_reply(r);
  if (!reply) return make_error(errc::not_found);
  decision<state> d;
  if (q.has_title() && *title != s.title.value_or("")) {
    Change change;
    change.set_kind("title");
    change.set_title(*title);
    d.statements.push_back(store::set_title(s.id, *title));
    d.apply = [title = *title](state& x) { x.title = title; };
    add_change(d, s, c, {}, std::move(change));
    reply->set_title(*title);
    reply->set_rev(s.rev + 1);
  }
  d.reply = share(*std::move(reply));
  return d;
}

conversation_entity::outcome conversation_entity::typing(const state& s, const TypingRequest& q,
                                                         const context& c, const reads&) {
  const auto* me = s.member(c.caller.account);
  if (!me) return make_error(errc::not_found);
  decision<state> d;
  d.reply = share(Empty());
  const auto& settings = settings_of(c);
  if (may_write(s, *me) &&
      static_cast<std::int64_t>(s.members.size()) <= settings.signal_audience) {
    TypingPush p;
    p.set_conversation_id(to_string(s.id));
    p.set_account_id(to_string(c.caller.account));
    p.set_typing(!q.has_typing() || q.typing());
    d.pushes.push_back(
        {to_everyone(s, c.caller.account), make_push(std::move(p)), c.caller.connection});
  }
  return d;
}

}  // namespace nova::messaging
