// The debts of each conversation to a resuming socket. Computed from its counters and from what the client has seen. Called by
// resume_handlers; no runtime types, no SQL.
#pragma once

#include "config/settings/messaging_settings.hpp"
#include "protocols/session/session.pb.h"
#include "storage/messaging/messaging_store.hpp"

#include <vector>

namespace nova::messaging {

/// Sent in this order: the conversation as a whole, the gap, the messages ascending by seq, the changes ascending by rev, the
/// account's own marks.
struct resume_debt {
  position_row at;
  bool whole = false;  ///< the client does not know it, or lacks changes that are not replayed
  bool marks = false;  ///< the account's own marks have moved
  store::range messages = {};
  store::range changes = {};
  std::int64_t gap_from = 0;  ///< 0: no gap
  std::int64_t gap_to = 0;
  std::int64_t seen_seq = 0;
  store::range left_out =
      {};  ///< changes too old to be replayed whose messages are asked for; none: the default
};

struct resume_plan {
  std::vector<resume_debt> debts;
  std::vector<uuid> removed;  ///< the account belongs to these no longer
};

/// Changes behind a replay are looked at to find which messages they are of: at most so many of a conversation and of all.
/// Beyond, the gap goes over all that the client has seen.
constexpr std::int64_t spans_each = 1'000, spans_total = 10'000;
/// Conversations that are told as a whole with their first members; the others come without.
constexpr std::size_t wholes_with_members = 200;

/// Counts from the counters that the client says it has seen, or from the device's marks when it says nothing. Per
/// conversation and in total the newest messages and changes are replayed, and a gap says what lies before them. A client that
/// has seen more than there is (the store was restored) starts anew behind a gap from 1. `lost`: conversations with a mark of
/// the device whose member the account is no longer; read only when the client says nothing.
resume_plan plan_resume(const session::MissedRequest& q, const std::vector<position_row>& positions,
                        const std::vector<uuid>& lost, const config::messaging_settings& settings);

}  // namespace nova::messaging
