#include "actors/runtime/pushes/fanout.hpp"

#include <algorithm>
#include <array>

namespace nova::runtime {

fanout::fanout(router& to, std::size_t cached, shard_address source)
    : to_(to), spreads_(to.spreads()), cached_(cached), source_(source), waiting_(to.slots()) {}

void fanout::add(outgoing o) {
  if (!o.push) return;
  if (spreads_) to_.push_away(source_, o);
  if (o.to.many) return add_many(o, o.push->body().ByteSizeLong());
  if (!o.to.accounts || o.to.accounts->empty()) return;
  const auto& accounts = *o.to.accounts;
  const auto bytes = o.push->body().ByteSizeLong();
  if (accounts.size() > small_audience) {
    for (const auto& [slot, part] : grouping(o.to.accounts))
      if (part->nobody_at != to_.arrivals(slot))
        queue(slot, {o.push, o.origin, o.to.except, accounts_ptr(part, &part->accounts), part,
                     bytes, o.pace});
    return;
  }
  std::array<std::uint32_t, small_audience> slots;
  std::size_t used = 0;
  for (const auto& account : accounts) {
    if (account == o.to.except) continue;
    const auto slot = courier_of(account, waiting_.size());
    if (std::find(slots.begin(), slots.begin() + used, slot) != slots.begin() + used) continue;
    slots[used++] = slot;
    queue(slot, {o.push, o.origin, o.to.except, o.to.accounts, nullptr, bytes, o.pace});
  }
}

// With more slots than slices two couriers share a slice, and what one of them found says nothing of the other.
void fanout::add_many(outgoing& o, std::size_t bytes) {
  const auto slots = waiting_.size();
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    bool anybody = false;
    each_slice_of(slot, slots, [&, came = to_.arrivals(slot)](std::size_t i) {
      const auto* part = o.to.many->part(i);
      anybody |= part && (slots > account_set::slices || part->nobody_at != came);
    });
    if (anybody)
      queue(slot, {o.push, o.origin, o.to.except, nullptr, nullptr, bytes, o.pace, o.to.many});
  }
}

void fanout::queue(std::uint32_t slot, delivery d) {
  auto& to = waiting_[slot];
  if (to.empty()) touched_.push_back(slot);
  to.emplace_back(std::move(d));
}

const fanout::groups& fanout::grouping(const accounts_ptr& accounts) {
  if (auto i = cache_.find(accounts.get()); i != cache_.end()) {
    if (i->second.of.lock() == accounts) return i->second.by_slot;
    cache_.erase(i);
  }
  if (cache_.size() >= cached_) {
    std::erase_if(cache_, [](const auto& entry) { return entry.second.of.expired(); });
    if (cache_.size() >= cached_) cache_.erase(cache_.begin());
  }
  std::vector<std::shared_ptr<audience_part>> split(waiting_.size());
  for (const auto& account : *accounts) {
    auto& part = split[courier_of(account, split.size())];
    if (!part) part = std::make_shared<audience_part>();
    part->accounts.push_back(account);
  }
  remembered r;
  r.of = accounts;
  for (std::uint32_t slot = 0; slot < split.size(); ++slot)
    if (split[slot]) {
      std::ranges::sort(split[slot]->accounts);
      r.by_slot.emplace_back(slot, std::move(split[slot]));
    }
  return cache_.insert_or_assign(accounts.get(), std::move(r)).first->second.by_slot;
}

void fanout::flush() {
  for (auto slot : touched_) to_.push(slot, waiting_[slot]);
  touched_.clear();
}

}  // namespace nova::runtime
