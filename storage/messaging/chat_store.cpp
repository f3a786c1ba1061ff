#include "storage/messaging/chat_store.hpp"

#include "storage/messaging/chat_queries.hpp"

namespace nova::messaging::store {
namespace {

// Columns of each query, in the order of its SQL.
namespace chat {
enum : std::size_t { host, followers_only, slow_mode_s, pinned_seq, accounts, until };
}
enum : std::size_t { only };

}  // namespace

using storage::statement;
using storage::timestamp;
using storage::value;

statement load_chat(const uuid& conversation) { return {&queries::load_chat, {conversation}}; }
statement insert_chat(const uuid& conversation, const uuid& host, bool followers_only) {
  return {&queries::insert_chat, {conversation, host, followers_only}};
}
statement set_followers_only(const uuid& conversation, bool followers_only) {
  return {&queries::set_followers_only, {conversation, followers_only}};
}
statement set_chat(const uuid& conversation, std::int64_t slow_mode_s,
                   const std::optional<std::int64_t>& pinned_seq) {
  return {&queries::set_chat,
          {conversation, slow_mode_s, pinned_seq ? value(*pinned_seq) : value()}};
}
statement put_ban(const uuid& conversation, const uuid& account, unix_ms until) {
  return {&queries::put_ban, {conversation, account, timestamp{until}}};
}
statement delete_ban(const uuid& conversation, const uuid& account) {
  return {&queries::delete_ban, {conversation, account}};
}
statement may_join(const uuid& conversation, const uuid& account) {
  return {&queries::may_join, {conversation, account}};
}

std::optional<chat_row> read_chat(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  chat_row out;
  out.host = r.id(0, chat::host);
  out.followers_only = r.boolean(0, chat::followers_only);
  out.slow_mode_s = r.int8(0, chat::slow_mode_s);
  if (!r.null(0, chat::pinned_seq)) out.pinned_seq = r.int8(0, chat::pinned_seq);
  const auto& accounts = r.get<std::vector<uuid>>(0, chat::accounts);
  const auto& until = r.get<std::vector<std::int64_t>>(0, chat::until);
  for (std::size_t i = 0; i < accounts.size() && i < until.size(); ++i)
    out.bans.emplace(accounts[i], until[i]);
  return out;
}

bool read_may_join(const storage::rows& r) { return !r.empty() && r.boolean(0, only); }

}  // namespace nova::messaging::store
