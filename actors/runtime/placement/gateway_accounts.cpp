#include "actors/runtime/placement/gateway_accounts.hpp"

#include <algorithm>

namespace nova::runtime {

namespace {

constexpr std::size_t most_found = 65'536;  ///< lists of one gateway whose answer is remembered

}  // namespace

std::shared_ptr<gateway_accounts::gateway_state> gateway_accounts::state_of(
    link::peer_number gateway) {
  {
    std::shared_lock lock(states_mutex_);
    if (const auto i = states_.find(gateway); i != states_.end()) return i->second;
  }
  std::unique_lock lock(states_mutex_);
  auto& state = states_[gateway];
  if (!state) state = std::make_shared<gateway_state>();
  return state;
}

void gateway_accounts::forget(link::peer_number gateway) {
  for (const auto& account : of(gateway)) gone(gateway, account);
  std::unique_lock lock(states_mutex_);
  states_.erase(gateway);
}

std::vector<link::peer_number> gateway_accounts::gateways() const {
  std::vector<link::peer_number> out;
  std::shared_lock lock(states_mutex_);
  out.reserve(states_.size());
  for (const auto& [gateway, state] : states_) out.push_back(gateway);
  return out;
}

bool gateway_accounts::is_at(const uuid& account, link::peer_number gateway) const {
  bool there = false;
  each_gateway_of(account, [&](link::peer_number at) { there |= at == gateway; });
  return there;
}

bool gateway_accounts::any_of(link::peer_number gateway, const std::vector<uuid>& list,
                              const std::shared_ptr<const void>& owner) const {
  std::shared_ptr<gateway_state> state;
  {
    std::shared_lock lock(states_mutex_);
    if (const auto i = states_.find(gateway); i != states_.end()) state = i->second;
  }
  if (!state) return false;
  const auto changes = state->changes.load();
  {
    std::lock_guard lock(state->mutex);
    const auto known = state->lists.find(&list);
    if (known != state->lists.end() && known->second.changes == changes &&
        known->second.owner.lock() == owner)
      return known->second.any;
  }
  const bool any = std::ranges::any_of(list, [&](const uuid& a) { return is_at(a, gateway); });
  std::lock_guard lock(state->mutex);
  if (state->lists.size() >= most_found) state->lists.clear();
  state->lists[&list] = {owner, changes, any};
  return any;
}

void gateway_accounts::come(link::peer_number gateway, const uuid& account) {
  const auto state = state_of(gateway);
  auto& p = parts_[index_of(account)];
  std::unique_lock lock(p.mutex);
  auto& at = p.gateways[account];
  if (at.empty()) size_.fetch_add(1, std::memory_order_relaxed);
  if (std::ranges::find(at, gateway) == at.end()) at.push_back(gateway);
  state->changes.fetch_add(1);
}

void gateway_accounts::gone(link::peer_number gateway, const uuid& account) {
  const auto state = state_of(gateway);
  auto& p = parts_[index_of(account)];
  std::unique_lock lock(p.mutex);
  const auto i = p.gateways.find(account);
  if (i == p.gateways.end()) return;
  std::erase(i->second, gateway);
  state->changes.fetch_add(1);
  if (!i->second.empty()) return;
  p.gateways.erase(i);
  size_.fetch_sub(1, std::memory_order_relaxed);
}

std::vector<uuid> gateway_accounts::of(link::peer_number gateway) const {
  std::vector<uuid> out;
  for (const auto& p : parts_) {
    std::shared_lock lock(p.mutex);
    for (const auto& [account, at] : p.gateways)
      if (std::ranges::find(at, gateway) != at.end()) out.push_back(account);
  }
  return out;
}

}  // namespace nova::runtime
