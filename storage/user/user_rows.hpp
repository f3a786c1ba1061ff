// Rows of user's tables as structs, and their mapping. Only user_rows.cpp knows column positions;
// they are those of user_queries.cpp. Used by user_store and by actors/user.
#pragma once

#include "storage/database/value.hpp"

#include <optional>
#include <string>

namespace nova::user {

struct profile_row {
  uuid account_id{};
  std::string handle;  ///< as typed at registration
  std::string display_name;
  std::string bio;
  unix_ms created_at = 0;
  unix_ms updated_at = 0;
};

/// The facts that a block depends on, as of the last commit.
struct block_facts_row {
  bool target_exists = false;
  bool blocked = false;
  std::int64_t blocks = 0;  ///< number of people whom the account blocks
};

/// profile, profile_by_handle.
std::optional<profile_row> read_profile(const storage::rows& r);
block_facts_row read_block_facts(const storage::rows& r);

}  // namespace nova::user
