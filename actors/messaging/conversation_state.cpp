#include "actors/messaging/conversation_state.hpp"

namespace nova::messaging {

std::string recent_sends::key(const uuid& sender, const std::string& client_id) {
  std::string k;
  k.reserve(sizeof sender.data + client_id.size());
  k.append(reinterpret_cast<const char*>(sender.data), sizeof sender.data);
  return k += client_id;
}

const sent_row* recent_sends::find(const uuid& sender, const std::string& client_id) const {
  auto found = sends_.find(key(sender, client_id));
  return found == sends_.end() ? nullptr : &found->second->sent;
}

void recent_sends::remember(const uuid& sender, const std::string& client_id, const sent_row& sent,
                            std::size_t limit) {
  order_.push_back({key(sender, client_id), sent});
  if (!sends_.emplace(order_.back().key, &order_.back()).second) return order_.pop_back();
  while (order_.size() > limit) {
    sends_.erase(order_.front().key);
    order_.pop_front();
    complete_ = false;
  }
}

const member_state* conversation_facts::member(const uuid& account) const {
  auto found = members.find(account);
  return found == members.end() ? nullptr : &found->second;
}

void conversation_facts::refresh_everyone() {
  auto list = std::make_shared<std::vector<uuid>>();
  list->reserve(members.size());
  for (const auto& [account, state] : members) list->push_back(account);
  everyone = std::move(list);
}

}  // namespace nova::messaging
