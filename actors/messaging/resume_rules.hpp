// The messages and changes that a resuming socket has missed, computed for each conversation from counters. Called by
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
  store::range left_out = {};  ///< changes too old to be replayed; default: none
};

/// Counts from the counters that the client reports as seen, or from the device's marks if it reports none. The newest messages
/// are replayed, up to a limit per conversation and in total. A gap reports the older ones. If the client has seen more than
/// exists (the store was restored), it starts again after a gap from 1.
std::vector<resume_debt> debts_of(const session::MissedRequest& q,
                                  const std::vector<position_row>& positions,
                                  const config::messaging_settings& settings);

}  // namespace nova::messaging
