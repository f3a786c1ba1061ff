// What a client missed while it was away, bounded, with a gap where it is too much. Handler of inbox_entity.
#include "actors/messaging/inbox_entity.hpp"

#include "protocols/core/planted.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/messaging_store.hpp"

#include <algorithm>
#include <map>

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

namespace {

// What one conversation owes the resuming socket: gaps, messages, then changes (rev).
struct debt {
  store::range messages;
  store::range changes;
  std::int64_t gap_from = 0;   // 0: no gap
  std::int64_t seen_seq = 0;
  store::range left_out = {};  // changes too old to be replayed; none: the default
};

// After the counters that the client says it has seen, or after the device's marks when it says nothing. Per conversation
// and in total the newest messages are replayed, and a gap says what lies before them.
std::vector<debt> debts_of(const MissedRequest& q, const storage::rows& found,
                           const config::messaging_settings& settings) {
  std::vector<debt> debts;
  auto left = settings.resume_messages_total;
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto p = position_from(found, i);
    std::int64_t seq = q.has_seen() ? 0 : p.device_seq;
    std::int64_t rev = std::max<std::int64_t>(p.rev - settings.resume_changes_each, 0);
    std::int64_t seen_rev = rev;
    if (auto seen = q.seen().find(to_string(p.conversation)); q.has_seen() && seen != q.seen().end()) {
      seq = seen->second.seq();
      if (seen->second.has_rev()) seen_rev = std::max<std::int64_t>(seen->second.rev(), 0);
    }
    seq = std::max<std::int64_t>(seq, 0);
    auto oldest = rev;
    rev = std::max(rev, seen_rev);
    if (seq >= p.last_seq && rev >= p.rev) continue;
    debt d;
    auto missing = std::max<std::int64_t>(p.last_seq - seq, 0);
    auto replayed = std::min({missing, settings.resume_messages_each, left});
    left -= replayed;
    d.messages = {p.conversation, p.last_seq - replayed, p.last_seq};
    if (replayed < missing) d.gap_from = seq + 1;
    d.changes = {p.conversation, rev, p.rev};
    d.seen_seq = seq;
    if (seen_rev < oldest) d.left_out = {p.conversation, seen_rev, oldest};
    debts.push_back(d);
  }
  return debts;
}

void add_gap(MissedReply& reply, const uuid& conversation, std::int64_t from, std::int64_t to) {
  auto& gap = *reply.add_items()->mutable_gap();
  gap.set_conversation_id(to_string(conversation));
  gap.set_from_seq(from);
  gap.set_to_seq(to);
}

// Messages whose changes are too old to be replayed are to be fetched again: a gap says which.
void add_spans(const storage::rows& spans, MissedReply& reply) {
  for (std::size_t i = 0; i < spans.size(); ++i)
    add_gap(reply, spans.id(i, 0), spans.int8(i, 1), spans.int8(i, 2));
}

// Conversation by conversation: the gap, the messages ascending, then the changes ascending by rev.
void add_items(const std::vector<debt>& debts, const storage::rows& messages, const storage::rows& changes,
               MissedReply& reply) {
  std::map<uuid, std::pair<std::vector<std::size_t>, std::vector<std::size_t>>> by_conversation;
  for (std::size_t i = 0; i < messages.size(); ++i) by_conversation[messages.id(i, 0)].first.push_back(i);
  for (std::size_t i = 0; i < changes.size(); ++i) by_conversation[changes.id(i, 0)].second.push_back(i);
  for (const auto& d : debts) {
    if (d.gap_from > 0) add_gap(reply, d.messages.conversation, d.gap_from, d.messages.after);
    auto& [sent, changed] = by_conversation[d.messages.conversation];
    if (sent.size() > 1 && planted(planted_fault::reorder_on_resume)) std::swap(sent.front(), sent.back());
    for (auto row : sent) *reply.add_items()->mutable_message() = message_from(messages, row);
    for (auto row : changed) *reply.add_items()->mutable_updated() = updated_from(changes, row);
  }
}

need need_of(const std::vector<debt>& debts, const uuid& reader) {
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

inbox_entity::outcome inbox_entity::missed(const state&, const MissedRequest& q, const context& c, const reads& r) {
  if (r.size() == 0) return need{{store::positions(c.caller.account, c.caller.session)}};
  auto debts = debts_of(q, r.rows(0), c.service<messaging_services>().settings);
  MissedReply reply;
  decision<state> d;
  if (!debts.empty()) {
    if (r.size() == 1) return need_of(debts, c.caller.account);
    if (r.size() > 3) add_spans(r.rows(3), reply);
    add_items(debts, r.rows(1), r.rows(2), reply);
  }
  d.reply = share(std::move(reply));
  return d;
}

}  // namespace nova::messaging
