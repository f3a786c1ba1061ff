// What each conversation owes a resuming socket, from its counters and from what the client has seen. Called by
// resume_handlers; no runtime types, no SQL.
#pragma once

#include "config/settings/messaging_settings.hpp"
#include "protocols/session/session.pb.h"
#include "storage/messaging/messaging_store.hpp"

#include <vector>

namespace nova::messaging {

/// Sent in this order: the gap, the messages ascending by seq, then the changes ascending by rev.
struct resume_debt {
  store::range messages;
  store::range changes;
  std::int64_t gap_from = 0;  ///< 0: no gap
  std::int64_t gap_to = 0;
  std::int64_t seen_seq = 0;
  store::range left_out = {};  ///< changes too old to be replayed; none: the default
};

/// Counts from the counters that the client says it has seen, or from the device's marks when it says nothing. Per
/// conversation and in total the newest messages are replayed, and a gap says what lies before them. A client that has seen
/// more than there is (the store was restored) starts anew behind a gap from 1.
std::vector<resume_debt> debts_of(const session::MissedRequest& q,
                                  const std::vector<position_row>& positions,
                                  const config::messaging_settings& settings);

}  // namespace nova::messaging
