#include "actors/messaging/resume_rules.hpp"

#include <algorithm>

namespace nova::messaging {

std::vector<resume_debt> debts_of(const session::MissedRequest& q,
                                  const std::vector<position_row>& positions,
                                  const config::messaging_settings& settings) {
  std::vector<resume_debt> debts;
  auto left = settings.resume_messages_total;
  for (const auto& p : positions) {
    std::int64_t seq = q.has_seen() ? 0 : p.device_seq;
    std::int64_t rev = std::max<std::int64_t>(p.rev - settings.resume_changes_each, 0);
    std::int64_t seen_rev = rev;
    if (auto seen = q.seen().find(to_string(p.conversation));
        q.has_seen() && seen != q.seen().end()) {
      seq = seen->second.seq();
      if (seen->second.has_rev()) seen_rev = std::max<std::int64_t>(seen->second.rev(), 0);
    }
    const bool ahead = seq > p.last_seq || seen_rev > p.rev;
    if (ahead) seq = 0, seen_rev = rev;
    seq = std::max<std::int64_t>(seq, 0);
    auto oldest = rev;
    rev = std::max(rev, seen_rev);
    if (!ahead && seq >= p.last_seq && rev >= p.rev) continue;
    resume_debt d;
    auto missing = std::max<std::int64_t>(p.last_seq - seq, 0);
    auto replayed = std::min({missing, settings.resume_messages_each, left});
    left -= replayed;
    d.messages = {p.conversation, p.last_seq - replayed, p.last_seq};
    if (replayed < missing) d.gap_from = seq + 1, d.gap_to = d.messages.after;
    if (ahead)
      d.gap_from = 1, d.gap_to = std::max<std::int64_t>(d.gap_to > 0 ? d.gap_to : p.last_seq, 1);
    d.changes = {p.conversation, rev, p.rev};
    d.seen_seq = seq;
    if (seen_rev < oldest) d.left_out = {p.conversation, seen_rev, oldest};
    debts.push_back(d);
  }
  return debts;
}

}  // namespace nova::messaging
