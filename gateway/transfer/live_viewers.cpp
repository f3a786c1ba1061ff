#include "gateway/transfer/live_viewers.hpp"

#include "gateway/transfer/live_rules.hpp"

#include <utility>

namespace nova::gateway {

std::optional<live_viewers::tell> live_viewers::seen(const std::string& id,
                                                     const std::string& token, time_point now) {
  const std::scoped_lock lock(mutex_);
  if (streams_.size() >= most_streams && !streams_.contains(id))
    std::erase_if(streams_, [&](const auto& s) { return s.second.told + 2 * told_again < now; });
  if (streams_.size() >= most_streams && !streams_.contains(id)) return std::nullopt;
  auto& s = streams_[id];
  const auto address = stable_hash(token);
  const auto known = s.told_at.find(address);
  if (known == s.told_at.end() && s.told_at.size() < most_viewers) {
    s.told_at.emplace(address, now);
    s.due.push_back(address);
    if (const auto account = viewer_of(token)) s.accounts.push_back(*account);
  } else if (known != s.told_at.end() && known->second + told_again <= now) {
    known->second = now;
    s.due.push_back(address);
  }
  if (s.due.empty() || s.told + between_tells > now) return std::nullopt;
  s.told = now;
  std::erase_if(s.told_at, [&](const auto& t) { return t.second + 2 * told_again < now; });
  return tell{std::exchange(s.due, {}), std::exchange(s.accounts, {})};
}

}  // namespace nova::gateway
