// A new message: who may send, the repeat of a client_id, the next seq. Handler of conversation_entity.
#include "actors/messaging/conversation_entity.hpp"

#include "protocols/core/page.hpp"
#include "protocols/core/planted.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/messaging_store.hpp"

#include <algorithm>

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

namespace {

// What a repeated client_id is compared with. Lengths go in, so that no two bodies share one text.
std::int64_t hash_of(const SendRequest& q) {
  std::string body = std::to_string(q.text().size()) + ':' + q.text();
  for (const auto& media : q.media_ids()) body += '|' + media;
  if (q.has_reply_to()) body += '#' + std::to_string(q.reply_to());
  return static_cast<std::int64_t>(stable_hash(body));
}

std::optional<error> check(const conversation_state& s, const SendRequest& q) {
  auto printable = [](unsigned char ch) { return ch >= 0x20 && ch < 0x7f; };
  if (q.client_id().empty() || q.client_id().size() > 64 || !std::ranges::all_of(q.client_id(), printable))
    return invalid_field("client_id", "A client_id is 1 to 64 printable ASCII characters.");
  if (q.text().empty() && q.media_ids().empty())
    return invalid_field("text", "A message has a text or media.");
  if (q.has_reply_to() && (q.reply_to() < 1 || q.reply_to() > s.last_seq))
    return invalid_field("reply_to", "There is no message with this seq to reply to.");
  return {};
}

bool word(unsigned char ch) { return std::isalnum(ch) || ch == '_'; }

// The handles that the text mentions as @handle, in lower case, each once.
std::vector<std::string> handles_in(const std::string& text, std::size_t limit) {
  std::vector<std::string> found;
  for (std::size_t at = text.find('@'); at != std::string::npos && found.size() < limit; at = text.find('@', at + 1)) {
    if (at > 0 && word(static_cast<unsigned char>(text[at - 1]))) continue;
    std::size_t end = at + 1;
    while (end < text.size() && word(static_cast<unsigned char>(text[end]))) ++end;
    if (end - at - 1 < 3 || end - at - 1 > 30) continue;
    std::string handle = text.substr(at + 1, end - at - 1);
    std::ranges::transform(handle, handle.begin(), [](unsigned char ch) { return std::tolower(ch); });
    if (std::ranges::find(found, handle) == found.end()) found.push_back(std::move(handle));
  }
  return found;
}

SendReply reply_of(const sent_row& sent) {
  SendReply reply;
  reply.set_message_id(to_string(sent.message_id));
  reply.set_seq(sent.seq);
  reply.set_sent_at(sent.sent_at);
  return reply;
}

conversation_entity::outcome answer_repeat(const sent_row& sent, std::int64_t body_hash) {
  if (sent.body_hash != body_hash) return error{errc::client_id_reused};
  decision<conversation_state> d;
  d.reply = share(reply_of(sent));
  return d;
}

Message message_of(const message_row& row, const MessageExtras& extras) {
  Message m;
  m.set_conversation_id(to_string(row.conversation));
  m.set_seq(row.seq);
  m.set_rev(row.rev);
  m.set_message_id(to_string(row.message_id));
  m.set_sender_id(to_string(row.sender));
  m.set_client_id(row.client_id);
  m.set_text(row.text);
  *m.mutable_media_ids() = extras.media_ids();
  *m.mutable_mentions() = extras.mentions();
  if (row.reply_to) m.set_reply_to(*row.reply_to);
  m.set_sent_at(row.sent_at);
  return m;
}

MessageSent event_of(const Message& m) {
  MessageSent e;
  e.set_conversation_id(m.conversation_id());
  e.set_seq(m.seq());
  e.set_message_id(m.message_id());
  e.set_sender_id(m.sender_id());
  e.set_text(m.text());
  e.set_sent_at(m.sent_at());
  return e;
}

conversation_entity::outcome accept(const conversation_state& s, const SendRequest& q, const runtime::context& c,
                                    std::int64_t body_hash, MessageExtras extras, bool again) {
  const auto seq = s.last_seq + (planted(planted_fault::skip_sequence) ? 2 : 1);
  message_row row{s.id, seq, c.new_id(), c.caller.account, q.client_id(), body_hash, s.rev, q.text(),
                  extras.SerializeAsString(), {}, c.now};
  if (q.has_reply_to()) row.reply_to = q.reply_to();
  sent_row sent{row.seq, row.message_id, row.sent_at, body_hash};
  auto message = message_of(row, extras);

  decision<conversation_state> d;
  d.reply = share(reply_of(sent));
  d.events.push_back({&message_sent_event(), share(event_of(message))});
  d.pushes.push_back({{s.everyone}, make_push(std::move(message)), c.caller.connection});
  auto limit = static_cast<std::size_t>(c.service<messaging_services>().settings.recent_sends);
  d.apply = [sent, sender = row.sender, client_id = row.client_id, limit](conversation_state& x) {
    x.last_seq = sent.seq;
    x.recent.remember(sender, client_id, sent, limit);
  };
  // The unique index would refuse what the rules forgot: it gets a key of its own.
  if (again) row.client_id += "~" + std::to_string(seq);
  d.statements.push_back(store::insert_message(std::move(row)));
  return d;
}

}  // namespace

conversation_entity::outcome conversation_entity::send(const state& s, const SendRequest& q, const context& c,
                                                       const reads& r) {
  const auto* me = s.member(c.caller.account);
  if (!me) return error{errc::not_found};
  if (auto wrong = check(s, q)) return *wrong;
  auto body_hash = hash_of(q);
  const auto* sent = s.recent.find(c.caller.account, q.client_id());
  bool forgotten = sent && planted(planted_fault::forget_dedup_key);
  if (sent && !forgotten) return answer_repeat(*sent, body_hash);

  // An unknown client_id is taken for new, and the unique index refuses it if it is not: then we are asked again with
  // attempt > 0 and look. A sender who was caught once is looked up beforehand.
  // So is one who may not send any more: what was sent before keeps its answer.
  bool may_send = !s.blocked && (s.kind != conversation_kind::channel || me->role != member_role::member);
  bool look = !s.recent.complete() && (c.attempt > 0 || !may_send || s.recent.suspects(c.caller.account));
  const auto& settings = c.service<messaging_services>().settings;
  auto handles = handles_in(q.text(), static_cast<std::size_t>(settings.mentions_per_message));
  if (r.size() == 0 && (look || !handles.empty())) {
    need n;
    if (look) n.items.push_back(store::find_by_client_id(s.id, c.caller.account, q.client_id()));
    if (!handles.empty()) n.items.push_back(store::members_by_handle(s.id, handles));
    return n;
  }
  if (look && !r.rows(0).empty()) forgotten = planted(planted_fault::forget_dedup_key);
  if (look && !r.rows(0).empty() && !forgotten) {
    auto repeat = answer_repeat(sent_row_from(r.rows(0), 0), body_hash);
    if (auto* d = std::get_if<decision<state>>(&repeat))
      d->apply = [sender = c.caller.account](state& x) { x.recent.suspect(sender); };
    return repeat;
  }
  if (s.kind == conversation_kind::channel && me->role == member_role::member) return error{errc::forbidden};
  if (s.blocked) return error{errc::blocked};

  MessageExtras extras;
  *extras.mutable_media_ids() = q.media_ids();
  if (!handles.empty()) {
    const auto& mentioned = r.rows(look ? 1 : 0);
    for (std::size_t i = 0; i < mentioned.size(); ++i) extras.add_mentions(to_string(mentioned.id(i, 0)));
  }
  return accept(s, q, c, body_hash, std::move(extras), forgotten);
}

}  // namespace nova::messaging
