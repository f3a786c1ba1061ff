// What a client missed while it was away, bounded, with a gap where it is too much. Handler of inbox_entity.
#include "actors/messaging/inbox_entity.hpp"
#include "actors/messaging/resume_rules.hpp"

#include "protocols/core/planted.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/session/missed.hpp"
#include "storage/messaging/messaging_store.hpp"

#include <map>

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

namespace {

// Messages whose changes are too old to be replayed are to be fetched again: a gap says which.
void add_spans(const std::vector<span_row>& spans, session::MissedReply& reply) {
  for (const auto& span : spans)
    session::add_gap(reply, to_string(span.conversation), span.first_seq, span.last_seq);
}

struct missed_items {
  std::vector<Message> messages;
  std::vector<Updated> changes;
};

void add_items(const std::vector<resume_debt>& debts, std::vector<Message> messages,
               std::vector<Updated> changes, session::MissedReply& reply) {
  std::map<std::string, missed_items> by_conversation;
  for (auto& m : messages) by_conversation[m.conversation_id()].messages.push_back(std::move(m));
  for (auto& u : changes) by_conversation[u.conversation_id()].changes.push_back(std::move(u));
  for (const auto& d : debts) {
    const auto conversation = to_string(d.messages.conversation);
    if (d.gap_from > 0) session::add_gap(reply, conversation, d.gap_from, d.gap_to);
    auto& [sent, changed] = by_conversation[conversation];
    if (sent.size() > 1 && planted(planted_fault::reorder_on_resume))
      std::swap(sent.front(), sent.back());
    for (const auto& m : sent) session::add_push(reply, message_push(), m);
    for (const auto& u : changed) session::add_push(reply, updated_push(), u);
  }
}

need need_of(const std::vector<resume_debt>& debts, const uuid& reader) {
  std::vector<store::range> messages, changes, left_out;
  std::vector<std::int64_t> seen;
  for (const auto& x : debts) {
    messages.push_back(x.messages);
    changes.push_back(x.changes);
    if (x.left_out.upto == 0) continue;
    left_out.push_back(x.left_out);
    seen.push_back(x.seen_seq);
  }
  need n{{store::missed_messages(messages, reader), store::missed_changes(changes)}};
  if (!left_out.empty()) n.items.push_back(store::change_span(left_out, std::move(seen)));
  return n;
}

}  // namespace

inbox_entity::outcome inbox_entity::missed(const state&, const session::MissedRequest& q,
                                           const context& c, const reads& r) {
  if (r.size() == 0) return need{{store::positions(c.caller.account, c.caller.session)}};
  auto debts = debts_of(q, read_positions(r.rows(0)), settings_of(c));
  session::MissedReply reply;
  decision<state> d;
  if (!debts.empty()) {
    if (r.size() == 1) return need_of(debts, c.caller.account);
    if (r.size() > 3) add_spans(read_spans(r.rows(3)), reply);
    add_items(debts, read_messages(r.rows(1)), read_changes(r.rows(2)), reply);
  }
  d.reply = share(std::move(reply));
  return d;
}

}  // namespace nova::messaging
