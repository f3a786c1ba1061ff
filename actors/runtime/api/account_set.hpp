// A large audience as a set that changes cheaply: accounts lie in 64 slices by their hash, and a new set shares the slices that did
// not change with the old one. So a join or leave costs one slice. Kept by entities, read by
// fanout and couriers.
#pragma once

#include "protocols/core/ids.hpp"

#include <boost/functional/hash.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace nova::runtime {

class account_set {
 public:
  static constexpr std::size_t slices = 64;  ///< a power of two, so that a courier has whole slices

  struct slice {
    std::vector<uuid> accounts;  ///< ascending
    /// `arrivals` of the courier when it found none of them online; 0: not looked yet. See fanout.
    mutable std::atomic<std::uint64_t> nobody_at{0};
  };

  static std::size_t slice_of(const uuid& account) noexcept {
    return boost::hash<uuid>()(account) & (slices - 1);
  }

  account_set() = default;
  explicit account_set(const std::vector<uuid>& accounts) { *this = account_set().with(accounts); }

  /// With these, none of which is in the set.
  account_set with(const std::vector<uuid>& added) const {
    account_set out = *this;
    std::array<std::vector<uuid>, slices> by_slice;
    for (const auto& account : added) by_slice[slice_of(account)].push_back(account);
    for (std::size_t i = 0; i < slices; ++i) {
      if (by_slice[i].empty()) continue;
      auto next = std::make_shared<slice>();
      if (parts_[i]) next->accounts = parts_[i]->accounts;
      next->accounts.insert(next->accounts.end(), by_slice[i].begin(), by_slice[i].end());
      std::sort(next->accounts.begin(), next->accounts.end());
      out.parts_[i] = std::move(next);
    }
    out.size_ += added.size();
    return out;
  }

  account_set without(const uuid& account) const {
    account_set out = *this;
    const auto i = slice_of(account);
    if (!parts_[i] || !contains(*parts_[i], account)) return out;
    auto next = std::make_shared<slice>();
    next->accounts = parts_[i]->accounts;
    std::erase(next->accounts, account);
    out.parts_[i] = std::move(next);
    --out.size_;
    return out;
  }

  std::size_t size() const noexcept { return size_; }
  bool contains(const uuid& account) const {
    const auto& part = parts_[slice_of(account)];
    return part && contains(*part, account);
  }
  /// Null when no account lies there.
  const slice* part(std::size_t i) const noexcept {
    return parts_[i] && !parts_[i]->accounts.empty() ? parts_[i].get() : nullptr;
  }

 private:
  static bool contains(const slice& s, const uuid& account) {
    return std::binary_search(s.accounts.begin(), s.accounts.end(), account);
  }

  std::array<std::shared_ptr<const slice>, slices> parts_;
  std::size_t size_ = 0;
};

}  // namespace nova::runtime
