// The named SQL of the chats of live streams. Used by chat_store.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::messaging::queries {

extern const storage::query
    load_chat;  ///< (conversation) → host, followers_only, slow_mode_s, pinned_seq, accounts[], until_ms[]
extern const storage::query insert_chat;
extern const storage::query set_followers_only;
extern const storage::query set_chat;
extern const storage::query put_ban;
extern const storage::query delete_ban;
extern const storage::query
    may_join;  ///< (conversation, account) → whether the account sees the stream

std::span<const storage::query* const> all_chat();

}  // namespace nova::messaging::queries
