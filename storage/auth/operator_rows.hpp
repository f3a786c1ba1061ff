// Rows of the operator role. Only operator_rows.cpp knows column positions. Used by operator_store and by actors/auth.
#pragma once

#include "storage/database/value.hpp"

#include <string>
#include <vector>

namespace nova::auth {

struct operator_row {
  uuid account_id{};
  std::string handle;  ///< by which the role was given, in lower case
  unix_ms since = 0;
  std::string added_by;  ///< storage::actor_of
};

/// From store::operators.
std::vector<operator_row> read_operators(const storage::rows& r);

}  // namespace nova::auth
