// The pushes that a client missed while it was away: bounded, with a gap where it is too much. Handler of inbox_entity.
#include "actors/messaging/conversation_rules.hpp"
#include "actors/messaging/inbox_entity.hpp"
#include "actors/messaging/resume_rules.hpp"

#include "protocols/core/planted.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/session/missed.hpp"
#include "storage/messaging/messaging_store.hpp"

#include <algorithm>
#include <map>

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

namespace {

using wholes = std::map<uuid, ConversationPush>;

struct missed_items {
  std::vector<Message> messages;
  std::vector<Updated> changes;
};

// What is read for the debts, in this order. A read that nothing needs is left out.
struct second_reads {
  explicit second_reads(const std::vector<resume_debt>& debts) {
    for (const auto& d : debts) {
      if (d.messages.upto > d.messages.after) messages.push_back(d.messages);
      if (d.changes.upto > d.changes.after) changes.push_back(d.changes);
      if (d.whole) whole.push_back(d.at.conversation);
      if (d.left_out.upto == 0) continue;
      left_out.push_back(d.left_out);
      seen.push_back(d.seen_seq);
    }
  }
  need ask(const uuid& reader) const {
    need n;
    if (!messages.empty()) n.items.push_back(store::missed_messages(messages, reader));
    if (!changes.empty()) n.items.push_back(store::missed_changes(changes));
    if (!left_out.empty()) n.items.push_back(store::change_span(left_out, seen));
    if (whole.empty()) return n;
    n.items.push_back(store::conversation_heads(whole));
    auto shown = whole;
    shown.resize(std::min(shown.size(), wholes_with_members));
    n.items.push_back(store::conversation_members(std::move(shown), members_shown_in_list));
    return n;
  }
  std::vector<store::range> messages, changes, left_out;
  std::vector<std::int64_t> seen;
  std::vector<uuid> whole;
};

// `at`: where the heads lie among the reads; the members follow.
wholes wholes_at(const runtime::reads& r, std::size_t at) {
  wholes out;
  for (auto& head : read_heads(r.rows(at))) {
    const auto id = parse_uuid(head.conversation_id()).value();
    out.emplace(id, std::move(head));
  }
  for (auto& row : read_shown_members(r.rows(at + 1)))
    if (auto known = out.find(row.conversation); known != out.end())
      *known->second.add_members() = std::move(row.member);
  return out;
}

void add_removed(const std::vector<uuid>& removed, session::MissedReply& reply) {
  for (const auto& id : removed) {
    ConversationPush gone;
    gone.set_conversation_id(to_string(id));
    gone.set_removed(true);
    session::add_push(reply, conversation_push(), gone);
  }
}

void add_whole(const resume_debt& d, wholes& known, session::MissedReply& reply) {
  const auto at = known.find(d.at.conversation);
  if (!d.whole || at == known.end()) return;
  at->second.set_last_seq(d.at.last_seq);
  at->second.set_rev(d.at.rev);
  session::add_push(reply, conversation_push(), at->second);
}

void add_marks(const resume_debt& d, const uuid& reader, session::MissedReply& reply) {
  if (!d.marks) return;
  Receipt own;
  own.set_conversation_id(to_string(d.at.conversation));
  own.set_account_id(to_string(reader));
  own.set_read_seq(d.at.read_seq);
  own.set_delivered_seq(d.at.delivered_seq);
  session::add_push(reply, receipt_push(), own);
}

void add_items(const resume_debt& d, missed_items& items, session::MissedReply& reply) {
  if (d.gap_from > 0) session::add_gap(reply, to_string(d.at.conversation), d.gap_from, d.gap_to);
  auto& [sent, changed] = items;
  if (sent.size() > 1 && planted(planted_fault::reorder_on_resume))
    std::swap(sent.front(), sent.back());
  for (const auto& m : sent) session::add_push(reply, message_push(), m);
  for (const auto& u : changed) session::add_push(reply, updated_push(), u);
}

// `first`: how many reads came before those of `asked`.
session::MissedReply reply_of(const resume_plan& plan, const second_reads& asked,
                              const runtime::reads& r, std::size_t first, const uuid& reader) {
  std::map<std::string, missed_items> items;
  session::MissedReply reply;
  wholes known;
  auto next = first;
  if (!asked.messages.empty())
    for (auto& m : read_messages(r.rows(next++)))
      items[m.conversation_id()].messages.push_back(std::move(m));
  if (!asked.changes.empty())
    for (auto& u : read_changes(r.rows(next++)))
      items[u.conversation_id()].changes.push_back(std::move(u));
  // Messages whose changes are too old to be replayed are to be fetched again: a gap says which.
  if (!asked.left_out.empty())
    for (const auto& span : read_spans(r.rows(next++)))
      session::add_gap(reply, to_string(span.conversation), span.first_seq, span.last_seq);
  if (!asked.whole.empty()) known = wholes_at(r, next);
  add_removed(plan.removed, reply);
  for (const auto& d : plan.debts) {
    add_whole(d, known, reply);
    add_items(d, items[to_string(d.at.conversation)], reply);
    add_marks(d, reader, reply);
  }
  return reply;
}

}  // namespace

inbox_entity::outcome inbox_entity::missed(const state&, const session::MissedRequest& q,
                                           const context& c, const reads& r) {
  const std::size_t first = q.has_seen() ? 1 : 2;
  if (r.size() == 0) {
    need n{{store::positions(c.caller.account, c.caller.session)}};
    if (!q.has_seen())
      n.items.push_back(store::lost_conversations(c.caller.session, c.caller.account));
    return n;
  }
  std::vector<uuid> lost;
  if (!q.has_seen()) lost = read_accounts(r.rows(1));
  const auto plan = plan_resume(q, read_positions(r.rows(0)), lost, settings_of(c));
  const second_reads asked(plan.debts);
  if (r.size() == first)
    if (auto n = asked.ask(c.caller.account); !n.items.empty()) return n;
  decision<state> d;
  d.reply = share(reply_of(plan, asked, r, first, c.caller.account));
  return d;
}

}  // namespace nova::messaging
