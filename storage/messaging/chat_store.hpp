// Statements on the chats of live streams, typed, and what they return. Called by actors/messaging.
#pragma once

#include "storage/messaging/messaging_rows.hpp"

#include <map>
#include <optional>

namespace nova::messaging {

/// The end of a ban that has none.
inline constexpr unix_ms forever_ms = 253'402'300'799'999;

struct chat_row {
  uuid host{};
  bool followers_only = false;
  std::int64_t slow_mode_s = 0;
  std::optional<std::int64_t> pinned_seq;
  std::map<uuid, unix_ms> bans;  ///< until when
};

namespace store {

storage::statement load_chat(const uuid& conversation);
storage::statement insert_chat(const uuid& conversation, const uuid& host, bool followers_only);
storage::statement set_followers_only(const uuid& conversation, bool followers_only);
storage::statement set_chat(const uuid& conversation, std::int64_t slow_mode_s,
                            const std::optional<std::int64_t>& pinned_seq);
storage::statement put_ban(const uuid& conversation, const uuid& account, unix_ms until);
storage::statement delete_ban(const uuid& conversation, const uuid& account);
/// Whether the account may see the stream of the chat.
storage::statement may_join(const uuid& conversation, const uuid& account);

std::optional<chat_row> read_chat(const storage::rows& r);
bool read_may_join(const storage::rows& r);

}  // namespace store
}  // namespace nova::messaging
