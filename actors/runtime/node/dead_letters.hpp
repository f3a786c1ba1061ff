// Dead letters as operators see them: events that a domain could not process, and events of the same
// key that wait behind them. Used by node.hpp.
#pragma once

#include "protocols/core/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace nova::runtime {

/// Names a letter of one consuming domain.
struct letter_id {
  std::string source;  ///< domain of the event
  std::uint32_t shard = 0;
  std::uint64_t seq = 0;
};

struct dead_letter {
  letter_id id;
  std::uint32_t type = 0;  ///< number of the event's type
  std::string key;
  std::string status;  ///< "dead", or "waiting" behind a dead letter
  std::string reason;
  std::uint32_t attempts = 0;
  unix_ms at = 0;  ///< time when the letter was put aside
};

/// One domain that takes the events of another, as metrics and operators see it.
struct event_lag {
  std::string_view consumer;
  std::string_view source;
  /// Committed and not settled, as far as is known. Empty: nothing is known to be unread, and a reader or the domain that it
  /// reads has not begun yet.
  std::optional<std::uint64_t> unread = 0;
  std::int64_t age_ms = 0;    ///< of the oldest of them; 0: there is none, or it is not known
  std::int64_t letters = 0;   ///< dead, and waiting behind a dead one
  std::uint64_t skipped = 0;  ///< events since the start that this program does not know
};

}  // namespace nova::runtime
