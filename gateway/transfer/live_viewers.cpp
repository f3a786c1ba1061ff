#include "gateway/transfer/live_viewers.hpp"

#include "gateway/transfer/live_rules.hpp"

#include <utility>

namespace nova::gateway {

std::optional<live_viewers::tell> live_viewers::seen(const std::string& id,
                                                     const std::string& token, time_point now) {
  const std::scoped_lock lock(mutex_);
  if (streams_.size() >= most_streams && !streams_.contains(id))
    std::erase_if(streams_, [&](const auto& s) { return s.second.told + kept < now; });
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
  // Those that waited because no request came meanwhile have left.
  std::erase_if(s.due, [&](std::uint64_t x) { return s.told_at.at(x) + between_tells < now; });
  std::erase_if(s.told_at, [&](const auto& t) { return t.second + kept < now; });
  if (s.due.empty()) return std::nullopt;
  s.told = now;
  return tell{std::exchange(s.due, {}), std::exchange(s.accounts, {})};
}

}  // namespace nova::gateway
