// A new message: who may send, the repeat of a client_id, the next seq. Handler of conversation_entity.
#include "actors/messaging/conversation_entity.hpp"
#include "actors/messaging/conversation_rules.hpp"
#include "actors/messaging/mention_lookup.hpp"
#include "actors/messaging/message_rules.hpp"

#include "protocols/core/planted.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/messaging_store.hpp"

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

namespace {

using outcome = conversation_entity::outcome;

SendReply reply_of(const sent_row& sent) {
  SendReply reply;
  reply.set_message_id(to_string(sent.message_id));
  reply.set_seq(sent.seq);
  reply.set_sent_at(sent.sent_at);
  return reply;
}

// `looked_up`: memory had forgotten it. Its sender is looked up beforehand from now on.
outcome answer_repeat(const sent_row& sent, std::int64_t body_hash, const uuid& sender,
                      bool looked_up) {
  if (sent.body_hash != body_hash) return make_error(errc::client_id_reused);
  decision<conversation_state> d;
  d.reply = share(reply_of(sent));
  if (looked_up) d.apply = [sender](conversation_state& x) { x.recent.suspect(sender); };
  return d;
}

MessageSent event_of(const Message& m) {
  MessageSent e;
  e.set_conversation_id(m.conversation_id());
  e.set_seq(m.seq());
  e.set_message_id(m.message_id());
  e.set_sender_id(m.sender_id());
  e.set_text(m.text());
  e.set_sent_at(m.sent_at());
  e.set_rev(m.rev());
  *e.mutable_media_ids() = m.media_ids();
  return e;
}

Message next_message(const conversation_state& s, const SendRequest& q, const runtime::context& c) {
  Message m;
  m.set_conversation_id(to_string(s.id));
  m.set_seq(s.last_seq + (planted(planted_fault::skip_sequence) ? 2 : 1));
  m.set_rev(s.rev);
  m.set_message_id(to_string(c.new_id()));
  m.set_sender_id(to_string(c.caller.account));
  m.set_client_id(q.client_id());
  m.set_text(q.text());
  *m.mutable_media_ids() = q.media_ids();
  if (q.has_reply_to()) m.set_reply_to(q.reply_to());
  m.set_sent_at(c.now);
  m.set_ids_only(true);
  return m;
}

// What the message changes beside its row: the counts of a block that it fills, the place in the members' lists.
void keep_counts(decision<conversation_state>& d, const conversation_state& s, std::int64_t seq,
                 const runtime::context& c) {
  const bool full = seq % store::count_block == 0;
  if (full)
    for (const auto& [account, n] : block_counts(s, c.caller.account))
      d.statements.push_back(store::count_sent(s.id, account, seq, n));
  const auto place = place_after(s, s.members.size(), settings_of(c).listed_members, c.now);
  if (place != s.listed_at)
    for (const auto& [account, m] : s.members)
      d.statements.push_back(store::list_member(s.id, account, place));
  d.apply = [next = std::move(d.apply), full, place, sender = c.caller.account](auto& x) {
    next(x);
    x.listed_at = place;
    if (full) x.block_senders.clear();
    else x.block_senders.push_back(sender);
  };
}

decision<conversation_state> accept(Message message, const runtime::context& c,
                                    const conversation_state& s, std::int64_t body_hash,
                                    const named_handles& handles) {
  sent_row sent{message.seq(), parse_uuid(message.message_id()).value(), message.sent_at(),
                body_hash};
  decision<conversation_state> d;
  d.reply = share(reply_of(sent));
  d.statements.push_back(store::insert_message(message, body_hash, handles));
  d.events.push_back({&message_sent_event(), share(event_of(message))});
  auto limit = static_cast<std::size_t>(settings_of(c).recent_sends);
  d.apply = [sent, sender = c.caller.account, client_id = message.client_id(),
             limit](conversation_state& x) {
    x.last_seq = sent.seq;
    if (x.chat && x.chat->slow_mode_s > 0) note_spoken(*x.chat, sender, sent.sent_at);
    x.recent.remember(sender, client_id, sent, limit);
  };
  keep_counts(d, s, sent.seq, c);
  d.pushes.push_back({to_everyone(s), make_push(std::move(message)), c.caller.connection});
  return d;
}

}  // namespace

outcome conversation_entity::send(const state& s, const SendRequest& q, const context& c,
                                  const reads& r) {
  const auto* me = s.member(c.caller.account);
  if (!me) return make_error(errc::not_found);
  if (auto wrong = check_message(q, s.last_seq)) return *wrong;

  // An unknown client_id counts as new. The unique index refuses a repeat, and the runtime calls again with attempt > 0.
  // A sender who was caught so, or who may not write any more, is looked up beforehand: what was sent keeps its answer.
  const auto* known = s.recent.find(c.caller.account, q.client_id());
  const bool allowed = may_write(s, *me);
  const bool look = !known && !s.recent.complete() &&
                    (c.attempt > 0 || !allowed || s.recent.suspects(c.caller.account));
  const mention_lookup mentions(s, known ? std::string() : q.text(), c.now);
  if (r.size() == 0 && (look || mentions.must_ask)) {
    need n;
    if (look) n.items.push_back(store::find_by_client_id(s.id, c.caller.account, q.client_id()));
    else
      n.meanwhile =
          runtime::meanwhile::holds;  // who has a handle does not depend on what was decided here
    if (mentions.must_ask) n.items.push_back(mentions.question());
    return n;
  }

  const auto body_hash = body_hash_of(q);
  const auto earlier = known ? std::optional(*known) : look ? read_sent(r.rows(0)) : std::nullopt;
  const bool forgotten = earlier && planted(planted_fault::forget_dedup_key);
  if (earlier && !forgotten) return answer_repeat(*earlier, body_hash, c.caller.account, look);
  if (!allowed) return cannot_write(s);
  if (s.chat)
    if (auto refused = chat_refuses(*s.chat, *me, c.caller.account, c.now)) return *refused;

  auto message = next_message(s, q, c);
  // Planted fault: under its own client_id the unique index would refuse the message.
  if (forgotten) message.set_client_id(q.client_id() + "~" + std::to_string(message.seq()));
  std::optional<std::vector<person_row>> asked;
  if (const std::size_t at = look ? 1 : 0; r.size() > at) asked = read_persons(r.rows(at));
  auto found = mentions.among(s, asked, settings_of(c).mentions_per_message);
  for (auto& account : found.accounts) message.add_mentions(std::move(account));
  auto d = accept(std::move(message), c, s, body_hash, found.handles);
  if (!found.learned.empty())
    d.apply = [first = std::move(d.apply), learned = std::move(found.learned),
               now = c.now](state& x) {
      first(x);
      x.handles.remember(learned, now);
    };
  return d;
}

}  // namespace nova::messaging
