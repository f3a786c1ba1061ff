// Dead letters as operators see them: events that a domain could not process, and events of the same
// key that wait behind them. Used by node.hpp.
#pragma once

#include "protocols/core/ids.hpp"

#include <cstdint>
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

}  // namespace nova::runtime
