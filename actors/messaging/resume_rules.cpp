#include "actors/messaging/resume_rules.hpp"

#include <algorithm>
#include <set>

namespace nova::messaging {

namespace {

// What may still be replayed in the whole resume.
struct budget {
  std::int64_t messages, changes, spans = spans_total;
};

// How far the client is in one conversation.
struct known {
  std::int64_t seq = 0;
  std::int64_t rev = 0;
  bool listed = false;  ///< it knows the conversation
};

known known_of(const session::MissedRequest& q, const position_row& p, std::int64_t replayed_from) {
  if (!q.has_seen()) return {p.device_seq, replayed_from, p.device_seq > 0};
  const auto seen = q.seen().find(to_string(p.conversation));
  if (seen == q.seen().end()) return {0, replayed_from, false};
  const auto rev = std::max<std::int64_t>(seen->second.rev(), 0);
  return {seen->second.seq(), seen->second.has_rev() ? rev : replayed_from, true};
}

// The gap goes at least over the messages 1 to `to`.
void gap_from_one(resume_debt& d, std::int64_t to) {
  d.gap_from = 1;
  d.gap_to = std::max({d.gap_to, to, std::int64_t{1}});
}

void owe_messages(resume_debt& d, const known& client, budget& left, std::int64_t each) {
  const auto missing = std::max<std::int64_t>(d.at.last_seq - client.seq, 0);
  const auto replayed = std::min({missing, each, left.messages});
  left.messages -= replayed;
  d.messages = {d.at.conversation, d.at.last_seq - replayed, d.at.last_seq};
  if (replayed < missing) d.gap_from = client.seq + 1, d.gap_to = d.messages.after;
}

// The newest changes are replayed. Of the older ones the client is told as far as they are of messages that it has.
void owe_changes(resume_debt& d, const known& client, budget& left, std::int64_t each) {
  const bool pruned = client.rev < d.at.pruned_rev;
  const auto missing = std::max<std::int64_t>(d.at.rev - client.rev, 0);
  const auto kept = std::clamp<std::int64_t>(d.at.rev - d.at.pruned_rev, 0, missing);
  const auto replayed = std::min({kept, each, left.changes});
  left.changes -= replayed;
  d.changes = {d.at.conversation, d.at.rev - replayed, d.at.rev};
  const auto older = missing - replayed;
  if (older == 0) return;
  d.whole = true;
  if (client.seq == 0) return;
  if (!pruned && older <= std::min(spans_each, left.spans)) {
    left.spans -= older;
    d.left_out = {d.at.conversation, client.rev, d.changes.after};
  } else {
    gap_from_one(d, client.seq);
  }
}

bool owes(const resume_debt& d) {
  return d.whole || d.marks || d.gap_from > 0 || d.messages.upto > d.messages.after ||
         d.changes.upto > d.changes.after;
}

}  // namespace

resume_plan plan_resume(const session::MissedRequest& q, const std::vector<position_row>& positions,
                        const std::vector<uuid>& lost, const config::messaging_settings& settings) {
  resume_plan plan;
  budget left{settings.resume_messages_total, settings.resume_changes_total};
  std::set<uuid> members;
  for (const auto& p : positions) {
    if (q.has_seen()) members.insert(p.conversation);
    // Without a rev of the client's own the newest changes are told, as far as they are kept.
    const auto replayed_from = std::max(p.rev - settings.resume_changes_each, p.pruned_rev);
    auto client = known_of(q, p, replayed_from);
    const bool ahead = client.seq > p.last_seq || client.rev > p.rev;
    if (ahead) client.seq = 0, client.rev = replayed_from;
    client.seq = std::max<std::int64_t>(client.seq, 0);
    resume_debt d{.at = p, .whole = !client.listed};
    d.marks = p.marked_at > 0 && p.marked_at >= q.since();
    d.seen_seq = client.seq;
    owe_messages(d, client, left, settings.resume_messages_each);
    owe_changes(d, client, left, settings.resume_changes_each);
    if (ahead) gap_from_one(d, d.gap_from > 0 ? d.gap_to : p.last_seq);
    if (owes(d)) plan.debts.push_back(d);
  }
  plan.removed = lost;
  for (const auto& [id, seen] : q.seen())
    if (auto conversation = parse_uuid(id); conversation && !members.contains(*conversation))
      plan.removed.push_back(*conversation);
  return plan;
}

}  // namespace nova::messaging
