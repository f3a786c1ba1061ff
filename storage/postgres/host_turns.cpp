#include "storage/postgres/host_turns.hpp"

namespace nova::storage {

keywords host_turns::next(const keywords& words) {
  stuck_.resize(host_count(words), false);
  const auto all = stuck_.size();
  if (!std::exchange(same_, false) || stuck_[at_]) {
    at_ = (at_ + 1) % all;
    for (std::size_t n = 1; n < all && stuck_[at_]; ++n) at_ = (at_ + 1) % all;
  }
  return only_host(words, at_);
}

std::optional<std::size_t> host_turns::stuck() {
  if (stuck_[at_]) return std::nullopt;
  stuck_[at_] = true;
  return at_;
}

bool host_turns::another() const noexcept {
  for (std::size_t n = 0; n < stuck_.size(); ++n)
    if (n != at_ && !stuck_[n]) return true;
  return false;
}

}  // namespace nova::storage
