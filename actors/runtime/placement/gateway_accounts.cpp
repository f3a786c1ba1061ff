#include "actors/runtime/placement/gateway_accounts.hpp"

#include <algorithm>

namespace nova::runtime {

void gateway_accounts::come(link::peer_number gateway, const uuid& account) {
  auto& p = parts_[index_of(account)];
  std::unique_lock lock(p.mutex);
  auto& at = p.gateways[account];
  if (at.empty()) size_.fetch_add(1, std::memory_order_relaxed);
  if (std::ranges::find(at, gateway) == at.end()) at.push_back(gateway);
}

void gateway_accounts::gone(link::peer_number gateway, const uuid& account) {
  auto& p = parts_[index_of(account)];
  std::unique_lock lock(p.mutex);
  const auto i = p.gateways.find(account);
  if (i == p.gateways.end()) return;
  std::erase(i->second, gateway);
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
