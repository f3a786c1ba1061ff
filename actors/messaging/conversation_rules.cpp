// A conversation itself: loading, its face to a member, its title, typing. Handlers of conversation_entity.
#include "actors/messaging/conversation_entity.hpp"

#include "protocols/core/page.hpp"
#include "protocols/core/planted.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/messaging_store.hpp"

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

runtime::loading<conversation_state> conversation_entity::load(std::string_view key, const reads& r) {
  auto id = parse_uuid(key);
  if (!id) return state{};
  if (r.size() == 0)
    return need{{store::load_conversation(*id), store::load_members(*id), store::load_recent(*id, sends_loaded),
                 store::load_blocked(*id)}};
  state s;
  s.id = *id;
  const auto& head = r.rows(0);
  if (head.empty()) return s;
  s.exists = true;
  s.kind = static_cast<conversation_kind>(head.int8(0, 0));
  if (!head.null(0, 1)) s.title = head.text(0, 1);
  s.created_at = head.time(0, 2);
  s.rev = head.int8(0, 3);

  const auto& members = r.rows(1);
  for (std::size_t i = 0; i < members.size(); ++i)
    s.members[members.id(i, 0)] = {static_cast<member_role>(members.int8(i, 1)), members.time(i, 2),
                                   members.int8(i, 3), members.int8(i, 4)};
  s.refresh_everyone();

  const auto& recent = r.rows(2);
  if (!recent.empty()) s.last_seq = recent.int8(0, 0);
  for (std::size_t i = recent.size(); i-- > 0;)
    s.recent.remember(recent.id(i, 1), recent.text(i, 2),
                      {recent.int8(i, 0), recent.id(i, 3), recent.time(i, 4), recent.int8(i, 5)}, sends_loaded);
  if (s.last_seq > static_cast<std::int64_t>(recent.size())) s.recent.mark_incomplete();
  s.blocked = !r.rows(3).empty() && !planted(planted_fault::stale_read_model);
  return s;
}

std::size_t conversation_entity::weight(const state& s) {
  return sizeof(state) + s.members.size() * 140 + s.recent.size() * 240;
}

void add_change(decision<conversation_state>& d, const conversation_facts& s, const runtime::context& c,
                std::optional<std::int64_t> seq, Change change) {
  change.set_actor_id(to_string(c.caller.account));
  Updated u;
  u.set_conversation_id(to_string(s.id));
  u.set_rev(s.rev + 1);
  if (seq) u.set_seq(*seq);
  *u.mutable_change() = std::move(change);
  d.statements.push_back(store::set_rev(s.id, s.rev + 1));
  d.statements.push_back(store::insert_change(u, c.now));
  d.pushes.push_back({{s.everyone}, make_push(std::move(u)), c.caller.connection});
  d.apply = [next = std::move(d.apply)](conversation_state& x) {
    ++x.rev;
    if (next) next(x);
  };
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
    auto& out = *p.add_members();
    out.set_account_id(to_string(account));
    out.set_role(std::string(to_text(m.role)));
    out.set_joined_at(m.joined_at);
    out.set_read_seq(m.read_seq);
    out.set_delivered_seq(m.delivered_seq);
  }
  return p;
}

namespace {

/// What a reply about the conversation is read from; see read_summary.
need summary_of(const conversation_state& s, const uuid& account) {
  return need{{store::conversation_summary(s.id, account), store::conversation_members({s.id}, members_shown)}};
}

Conversation read_summary(const runtime::reads& r) {
  auto summary = conversation_from(r.rows(0), 0);
  for (std::size_t i = 0; i < r.rows(1).size(); ++i) *summary.add_members() = member_from(r.rows(1), i);
  return summary;
}

}  // namespace

conversation_entity::outcome conversation_entity::get_conversation(const state& s, const ConversationRequest&,
                                                                   const context& c, const reads& r) {
  if (!s.member(c.caller.account)) return error{errc::not_found};
  if (r.size() == 0) return summary_of(s, c.caller.account);
  if (r.rows(0).empty()) return error{errc::not_found};
  auto reply = read_summary(r);
  decision<state> d;
  d.reply = share(std::move(reply));
  return d;
}

conversation_entity::outcome conversation_entity::update_conversation(const state& s,
                                                                      const UpdateConversationRequest& q,
                                                                      const context& c, const reads& r) {
  const auto* me = s.member(c.caller.account);
  if (!me) return error{errc::not_found};
  if (s.kind == conversation_kind::direct || me->role == member_role::member) return error{errc::forbidden};
  if (r.size() == 0) return summary_of(s, c.caller.account);
  if (r.rows(0).empty()) return error{errc::not_found};
  auto reply = read_summary(r);
  decision<state> d;
  if (q.has_title() && q.title() != s.title.value_or("")) {
    Change change;
    change.set_kind("title");
    change.set_title(q.title());
    d.statements.push_back(store::set_title(s.id, q.title()));
    d.apply = [title = q.title()](state& x) { x.title = title; };
    add_change(d, s, c, {}, std::move(change));
    reply.set_title(q.title());
    reply.set_rev(s.rev + 1);
  }
  d.reply = share(std::move(reply));
  return d;
}

conversation_entity::outcome conversation_entity::typing(const state& s, const TypingRequest& q, const context& c,
                                                         const reads&) {
  const auto* me = s.member(c.caller.account);
  if (!me) return error{errc::not_found};
  decision<state> d;
  d.reply = share(Empty());
  const auto& settings = c.service<messaging_services>().settings;
  bool may_send = !s.blocked && (s.kind != conversation_kind::channel || me->role != member_role::member);
  if (may_send && static_cast<std::int64_t>(s.members.size()) <= settings.signal_audience) {
    TypingPush p;
    p.set_conversation_id(to_string(s.id));
    p.set_account_id(to_string(c.caller.account));
    p.set_typing(!q.has_typing() || q.typing());
    d.pushes.push_back({{s.everyone, c.caller.account}, make_push(std::move(p)), c.caller.connection});
  }
  return d;
}

}  // namespace nova::messaging
