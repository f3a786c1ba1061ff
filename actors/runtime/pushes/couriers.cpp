#include "actors/runtime/pushes/couriers.hpp"

#include <algorithm>
#include <bit>

namespace nova::runtime {

couriers::couriers(services& s, rpc::push_sink& to, courier_hooks h)
    : node(s), sink(to), hooks(std::move(h)) {
  const auto slots = std::bit_ceil(std::max<std::uint32_t>(1, node.settings().courier_slots));
  for (std::uint32_t i = 0; i < slots; ++i)
    seats_.push_back(std::make_unique<courier_seat>(*this, i, node.settings().max_courier_inbox));
}

void couriers::attach(const rpc::attachment& a, std::function<void(result<void>)> attached) {
  courier_item item(attach_socket{a, std::move(attached)});
  if (seat(courier_of(a.account, slots())).push(std::move(item))) return;
  std::get<attach_socket>(item).attached(
      make_error(errc::overloaded, {}, node.settings().overload_retry_ms));
}

void couriers::detach(rpc::connection_id connection, const uuid& account) {
  seat(courier_of(account, slots())).post(detach_socket{connection, account});
}

void couriers::push(std::uint32_t slot, std::vector<delivery>& waiting) {
  auto& to = seat(slot);
  if (to.depth() <= node.settings().max_courier_inbox &&
      to.bytes.load(std::memory_order_relaxed) <= node.settings().max_courier_bytes) {
    std::size_t bytes = 0;
    for (const auto& d : waiting) bytes += d.bytes;
    to.bytes.fetch_add(bytes, std::memory_order_relaxed);
    return to.post_all(waiting);
  }
  waiting.clear();
  to.lose();
}

void couriers::unwatch(end_watch pair) {
  if (pair.watcher.is_nil())
    return seat(courier_of(pair.watched, slots())).post(unwatch_here{pair.watched, {}});
  seat(courier_of(pair.watcher, slots())).post(pair);
}

void couriers::watch(watch_accounts set) {
  seat(courier_of(set.watcher, slots())).post(std::move(set));
}

void couriers::lose_pushes() {
  for (auto& s : seats_) s->lose();
}

bool couriers::resume(std::chrono::milliseconds spread) {
  bool any = false;
  for (auto& s : seats_) {
    if (s->arrivals == 1) continue;
    any = true;
    const auto at = node.now() + spread * s->slot / seats_.size();
    s->mute();
    s->resume_at = at.time_since_epoch().count();
    s->wake();
  }
  return any;
}

void couriers::resume(const std::vector<uuid>& accounts) {
  for (const auto& account : accounts)
    seat(courier_of(account, slots())).post(resume_account{account});
}

void couriers::elsewhere(account_elsewhere told) {
  seat(courier_of(told.account, slots())).post(told);
}

void couriers::oust() {
  for (auto& s : seats_) {
    s->ousted = true;
    s->wake();
  }
}

}  // namespace nova::runtime
