#include "storage/messaging/erasure_store.hpp"

#include "storage/messaging/erasure_queries.hpp"
#include "storage/runtime/runtime_queries.hpp"

namespace nova::messaging::store {

storage::statement conversations_of_account(const uuid& account) {
  return {&queries::conversations_of_account, {account}};
}

std::vector<uuid> read_conversations_of_account(const storage::rows& r) {
  std::vector<uuid> out;
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(r.id(i, 0));
  return out;
}

storage::statement forget_person(const uuid& account) {
  return {&queries::forget_person, {account}};
}

std::vector<storage::statement> forget_account(const forgotten_account& f) {
  std::vector<storage::statement> out;
  for (const auto* q :
       {&queries::count_erasure, &queries::take_back_all, &queries::forget_messages,
        &queries::forget_changes, &queries::forget_counts, &queries::forget_empty_counts,
        &queries::forget_reactions, &queries::forget_sent, &queries::forget_member,
        &queries::forget_maker, &queries::forget_pair})
    out.push_back({q, {f.account, f.seed, f.conversations}});
  std::vector<std::string> keys;
  for (const auto& id : f.conversations) keys.push_back(to_string(id));
  out.push_back(
      {&queries::empty_chat_letters,
       {f.account, storage::runtime_queries::written_by(f.stream_created.author, f.account),
        f.stream_created.type, f.stream_changed}});
  out.push_back({&queries::forget_chats, {f.account}});
  out.push_back(forget_person(f.account));
  out.push_back({&queries::empty_events, {to_string(f.account), f.shards, std::move(keys)}});
  out.push_back({&queries::rename_in_events, {to_string(f.account), f.seed}});
  out.push_back({&storage::runtime_queries::empty_dead_letters, {to_string(f.account), f.kept}});
  return out;
}

storage::statement erasure(const uuid& account) { return {&queries::erasure, {account}}; }

erasure_row read_erasure(const storage::rows& r) {
  if (r.empty()) return {};
  return {r.int8(0, 0), r.int8(0, 1)};
}

storage::statement delete_erasure(const uuid& account) {
  return {&queries::delete_erasure, {account}};
}

}  // namespace nova::messaging::store
