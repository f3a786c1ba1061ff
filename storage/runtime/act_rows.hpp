// Rows of the table `operator_act`, which every domain has: the record of operators' acts. Used by actors/runtime and by domains
// with methods for operators.
#pragma once

#include "protocols/core/bus.hpp"
#include "storage/database/value.hpp"

#include <string>
#include <vector>

namespace nova::storage {

struct act_row {
  uuid id{};
  unix_ms at = 0;
  std::string actor;   ///< actor_of
  std::string act;     ///< "discard_letter"
  std::string target;  ///< the letter, saga, domain or account acted on
  std::string reason;  ///< as the operator gave it; may be empty
};

/// The account of an operator. The operators' socket has none: its address says which system user asks.
std::string actor_of(const rpc::caller& operating);
statement record_act(const act_row& row);
/// The newest acts: (limit).
statement newest_acts(std::int64_t limit);
std::vector<act_row> read_acts(const rows& r);

}  // namespace nova::storage
