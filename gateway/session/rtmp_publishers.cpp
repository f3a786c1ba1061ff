#include "gateway/session/rtmp_publishers.hpp"

#include <algorithm>

namespace nova::gateway {

bool rtmp_publishers::enter(const std::string& token, rtmp_publisher p) {
  const std::lock_guard hold(mutex_);
  if (std::ranges::any_of(by_token_, [&](const auto& x) { return x.second.key == p.key; }))
    return false;
  by_token_[token] = std::move(p);
  return true;
}

std::optional<rtmp_publisher> rtmp_publishers::find(std::string_view token) const {
  const std::lock_guard hold(mutex_);
  const auto at = by_token_.find(token);
  if (at == by_token_.end()) return std::nullopt;
  return at->second;
}

std::optional<rtmp_publisher> rtmp_publishers::find_key(std::string_view key) const {
  const std::lock_guard hold(mutex_);
  for (const auto& [token, p] : by_token_)
    if (p.key == key) return p;
  return std::nullopt;
}

void rtmp_publishers::leave(std::string_view key, std::string_view client) {
  const std::lock_guard hold(mutex_);
  std::erase_if(by_token_,
                [&](const auto& x) { return x.second.key == key && x.second.client == client; });
}

void rtmp_publishers::clear() {
  const std::lock_guard hold(mutex_);
  by_token_.clear();
}

}  // namespace nova::gateway
