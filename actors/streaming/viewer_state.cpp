#include "actors/streaming/viewer_state.hpp"

#include <unordered_set>

namespace nova::streaming {
namespace {

constexpr std::int64_t lives_s = viewer_count::lives_ms / 1000;

std::int64_t second_of(unix_ms at) { return at / 1000; }

}  // namespace

std::int64_t viewer_count::at(unix_ms now) const {
  std::int64_t n = 0;
  for (auto i = per_second_.upper_bound(second_of(now) - lives_s); i != per_second_.end(); ++i)
    n += i->second;
  return n;
}

bool viewer_count::counts(std::uint64_t address, unix_ms now) const {
  const auto at = seen_.find(address);
  return at != seen_.end() && at->second > second_of(now) - lives_s;
}

std::int64_t viewer_count::with(std::span<const std::uint64_t> addresses, unix_ms now) const {
  auto n = at(now);
  std::unordered_set<std::uint64_t> come;
  for (const auto address : addresses) n += !counts(address, now) && come.insert(address).second;
  return std::min(n, static_cast<std::int64_t>(most));
}

void viewer_count::add(std::span<const std::uint64_t> addresses, unix_ms now) {
  if (seen_.size() + addresses.size() > most ||
      static_cast<std::int64_t>(seen_.size()) > 2 * at(now) + 64)
    sweep(now);
  const auto second = second_of(now);
  for (const auto address : addresses) {
    const auto place = seen_.find(address);
    if (place == seen_.end() && seen_.size() >= most) continue;
    if (place != seen_.end()) --per_second_[place->second];
    seen_[address] = second;
    ++per_second_[second];
  }
}

void viewer_count::sweep(unix_ms now) {
  const auto gone = second_of(now) - lives_s;
  std::erase_if(seen_, [&](const auto& x) { return x.second <= gone; });
  per_second_.erase(per_second_.begin(), per_second_.upper_bound(gone));
}

void viewer_count::clear() {
  seen_.clear();
  per_second_.clear();
}

}  // namespace nova::streaming
