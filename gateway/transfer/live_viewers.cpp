#include "gateway/transfer/live_viewers.hpp"

#include "gateway/transfer/live_rules.hpp"

#include <algorithm>

namespace nova::gateway {

std::optional<live_viewers::tell> live_viewers::seen(const std::string& id,
                                                     const std::string& token, time_point now) {
  const std::scoped_lock lock(mutex_);
  if (streams_.size() >= most_streams && !streams_.contains(id))
    std::erase_if(streams_, [&](const auto& s) { return s.second.told + counted < now; });
  if (streams_.size() >= most_streams && !streams_.contains(id)) return std::nullopt;
  auto& s = streams_[id];
  if (s.tokens.size() < most_viewers || s.tokens.contains(token)) {
    const bool is_new = s.tokens.insert_or_assign(token, now).second;
    if (const auto account = is_new ? viewer_of(token) : std::nullopt)
      s.accounts.push_back(*account);
  }
  if (s.told + between_tells > now) return std::nullopt;
  s.told = now;
  std::erase_if(s.tokens, [&](const auto& t) { return t.second + counted < now; });
  return tell{std::ssize(s.tokens), std::exchange(s.accounts, {})};
}

}  // namespace nova::gateway
