#include "storage/messaging/chat_queries.hpp"

namespace nova::messaging::queries {

const storage::query load_chat{
    .name = "messaging.load_chat",
    .sql =
        "SELECT h.host_id, h.followers_only, h.slow_mode_s, h.pinned_seq, coalesce((SELECT "
        "array_agg(b.account_id ORDER BY b.account_id) FROM chat_ban b WHERE b.conversation_id = "
        "h.conversation_id), '{}'), coalesce((SELECT array_agg((extract(epoch FROM b.until) * "
        "1000)::bigint ORDER BY b.account_id) FROM chat_ban b WHERE b.conversation_id = "
        "h.conversation_id), '{}') FROM chat h WHERE h.conversation_id = $1"};

const storage::query insert_chat{
    .name = "messaging.insert_chat",
    .sql = "INSERT INTO chat (conversation_id, host_id, followers_only) VALUES ($1, $2, $3)"};

const storage::query set_followers_only{
    .name = "messaging.set_followers_only",
    .sql = "UPDATE chat SET followers_only = $2 WHERE conversation_id = $1"};

const storage::query set_chat{
    .name = "messaging.set_chat",
    .sql = "UPDATE chat SET slow_mode_s = $2, pinned_seq = $3 WHERE conversation_id = $1"};

const storage::query put_ban{
    .name = "messaging.put_ban",
    .sql =
        "INSERT INTO chat_ban (conversation_id, account_id, until) VALUES ($1, $2, $3) ON CONFLICT "
        "(conversation_id, account_id) DO UPDATE SET until = excluded.until"};

const storage::query delete_ban{
    .name = "messaging.delete_ban",
    .sql = "DELETE FROM chat_ban WHERE conversation_id = $1 AND account_id = $2"};

const storage::query may_join{
    .name = "messaging.may_join",
    .sql =
        "SELECT h.host_id = $2 OR ((NOT h.followers_only OR EXISTS (SELECT FROM follow f WHERE "
        "f.account_id = $2 AND f.followed_id = h.host_id)) AND NOT EXISTS (SELECT FROM block b "
        "WHERE (b.blocker = $2 AND b.blocked = h.host_id) OR (b.blocker = h.host_id AND "
        "b.blocked = $2))) FROM chat h WHERE h.conversation_id = $1"};

std::span<const storage::query* const> all_chat() {
  static const storage::query* const list[] = {
      &load_chat, &insert_chat, &set_followers_only, &set_chat, &put_ban, &delete_ban, &may_join};
  return list;
}

}  // namespace nova::messaging::queries
