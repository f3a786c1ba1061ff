#include "actors/messaging/conversation_state.hpp"

namespace nova::messaging {

std::string recent_sends::key(const uuid& sender, const std::string& client_id) {
  std::string k(reinterpret_cast<const char*>(sender.data), 16);
  k += client_id;
  return k;
}

const sent_row* recent_sends::find(const uuid& sender, const std::string& client_id) const {
  auto found = sends_.find(key(sender, client_id));
  return found == sends_.end() ? nullptr : &found->second;
}

void recent_sends::remember(const uuid& sender, const std::string& client_id, const sent_row& sent,
                            std::size_t limit) {
  auto k = key(sender, client_id);
  if (!sends_.emplace(k, sent).second) return;
  order_.push_back(std::move(k));
  while (order_.size() > limit) {
    sends_.erase(order_.front());
    order_.pop_front();
    complete_ = false;
  }
}

const member_state* conversation_state::member(const uuid& account) const {
  auto found = members.find(account);
  return found == members.end() ? nullptr : &found->second;
}

void conversation_state::refresh_everyone() {
  auto list = std::make_shared<std::vector<uuid>>();
  list->reserve(members.size());
  for (const auto& [account, state] : members) list->push_back(account);
  everyone = std::move(list);
}

}  // namespace nova::messaging
