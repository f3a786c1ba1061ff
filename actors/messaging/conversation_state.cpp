#include "actors/messaging/conversation_state.hpp"

#include <algorithm>

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

uuid known_handles::account(const std::string& handle) const {
  auto found = accounts_.find(handle);
  return found == accounts_.end() ? uuid{} : found->second.account;
}

bool known_handles::knows(const std::string& handle, unix_ms now) const {
  auto found = accounts_.find(handle);
  if (found == accounts_.end()) return false;
  const auto age = now - found->second.at;
  return age >= 0 && age < good_for_ms;
}

void known_handles::remember(const std::map<std::string, uuid>& found, unix_ms now) {
  if (accounts_.size() + found.size() > most) accounts_.clear();
  for (const auto& [handle, account] : found)
    if (accounts_.size() < most) accounts_.insert_or_assign(handle, known{account, now});
}

bool device_marks::covers(const uuid& session, std::int64_t seq) const {
  auto found = marks_.find(session);
  return found != marks_.end() && found->second >= seq;
}

void device_marks::remember(const uuid& session, std::int64_t seq) {
  if (marks_.size() >= most && !marks_.contains(session)) marks_.clear();
  auto& mark = marks_[session];
  mark = std::max(mark, seq);
}

const member_state* conversation_facts::member(const uuid& account) const {
  auto found = members.find(account);
  return found == members.end() ? nullptr : &found->second;
}

void conversation_facts::add(const std::vector<uuid>& accounts, const member_state& as) {
  for (const auto& account : accounts) members[account] = as;
  if (as.role == member_role::owner) owners += std::ssize(accounts);
  if (crowd) crowd = std::make_shared<const runtime::account_set>(crowd->with(accounts));
  else refresh_everyone();
}

void conversation_facts::set_role_of(const uuid& account, member_role role) {
  auto& m = members.at(account);
  owners += (role == member_role::owner) - (m.role == member_role::owner);
  m.role = role;
}

void conversation_facts::remove(const uuid& account) {
  auto found = members.find(account);
  if (found == members.end()) return;
  owners -= found->second.role == member_role::owner;
  members.erase(found);
  if (crowd && members.size() > most_listed / 2)
    crowd = std::make_shared<const runtime::account_set>(crowd->without(account));
  else refresh_everyone();
}

void conversation_facts::refresh_everyone() {
  auto list = std::make_shared<std::vector<uuid>>();
  list->reserve(members.size());
  owners = 0;
  for (const auto& [account, state] : members) {
    list->push_back(account);
    owners += state.role == member_role::owner;
  }
  crowd = nullptr;
  if (list->size() > most_listed) {
    crowd = std::make_shared<const runtime::account_set>(*list);
    list = std::make_shared<std::vector<uuid>>();
  }
  everyone = std::move(list);
}

}  // namespace nova::messaging
