// The meaning of a statement's error for the lane. Used by the lane's sources only.
#pragma once

#include "storage/postgres/lane_sql.hpp"

#include <cstdint>
#include <string>

namespace nova::storage {

enum class verdict : std::uint8_t {
  refused,  ///< the unit can never be written
  again,    ///< a lock or a time limit; a new try may pass
  away,     ///< the server does not serve
  fenced,   ///< the lane must read its row: the lane is fenced, or the batch was committed before
};

/// `state`: SQLSTATE; `tag`: of the statement that failed.
verdict judge(const std::string& state, session_tag tag);
/// True when a unique index or expect_rows refused the statement.
bool is_conflict(const std::string& state);

}  // namespace nova::storage
