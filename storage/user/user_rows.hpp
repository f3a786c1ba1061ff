// Rows of user's tables as structs, and their mapping. Only user_rows.cpp knows column positions;
// they are those of user_queries.cpp. Used by user_store and by actors/user.
#pragma once

#include "storage/database/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nova::user {

struct profile_row {
  uuid account_id{};
  std::string handle;  ///< as typed at registration
  std::string display_name;
  std::string bio;
  unix_ms created_at = 0;
  unix_ms updated_at = 0;
  std::string links;  ///< a Links message
  std::optional<uuid> avatar_media_id;
  std::optional<uuid> cover_media_id;
  bool is_private = false;
};

/// One person as others meet it, and how the one who asks stands to it.
struct card_row {
  uuid account_id{};
  std::string handle;
  std::string display_name;
  std::optional<uuid> avatar_media_id;
  bool is_private = false;
  bool following = false;
  bool requested = false;
  bool followed_by = false;
  bool blocking = false;
  bool muting = false;
};

/// The facts that a block depends on, as of the last commit.
struct block_facts_row {
  bool target_exists = false;
  bool blocked = false;
  std::int64_t blocks = 0;  ///< number of people whom the account blocks
};

/// profile, profile_by_handle.
std::optional<profile_row> read_profile(const storage::rows& r);
std::vector<card_row> read_cards(const storage::rows& r);
block_facts_row read_block_facts(const storage::rows& r);

}  // namespace nova::user
