#include "gateway/transfer/live_sweep.hpp"

#include <iterator>
#include <set>

namespace nova::gateway {

std::vector<std::string> live_sweep::next(std::chrono::system_clock::time_point until) {
  std::set<std::string> first;
  const auto looked = segments_.visit(until, [&](const blobs::blob& b) {
    if (b.name <= behind_ || (first.size() == at_once_ && b.name > *first.rbegin())) return;
    first.insert(b.name);
    if (first.size() > at_once_) first.erase(std::prev(first.end()));
  });
  if (!looked) return {};
  behind_ = first.size() == at_once_ ? *first.rbegin() : std::string();
  return {first.begin(), first.end()};
}

}  // namespace nova::gateway
