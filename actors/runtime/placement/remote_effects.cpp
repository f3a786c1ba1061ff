#include "actors/runtime/placement/remote_effects.hpp"

#include <utility>
#include <vector>

namespace nova::runtime {

namespace {

constexpr std::chrono::milliseconds refresh_pause{50};

}  // namespace

void remote_effects::deliver(link::peer_number owner, link::Envelope e,
                             part_delivery::done_fn done) {
  std::unique_lock lock(mutex_);
  const auto id = ++last_id_;
  e.mutable_deliver()->set_id(id);
  deliveries_.emplace(id, delivery{owner, std::move(done)});
  lock.unlock();
  if (owner != 0 && hooks_.send(owner, e)) return;
  lock.lock();
  auto unsent = deliveries_.extract(id);
  lock.unlock();
  if (!unsent.empty()) unsent.mapped().done(event_end::suspended, "its owner is not reached");
}

void remote_effects::delivered(link::peer_number from, const link::Delivered& told) {
  std::unique_lock lock(mutex_);
  const auto at = deliveries_.find(told.id());
  if (at == deliveries_.end() || at->second.peer != from) return;
  auto ended = deliveries_.extract(at);
  lock.unlock();
  const bool known = told.end() <= static_cast<std::uint32_t>(event_end::suspended);
  ended.mapped().done(known ? static_cast<event_end>(told.end()) : event_end::suspended,
                      told.reason());
}

void remote_effects::refresh(shard_address target, std::string_view kind, const std::string& key,
                             std::function<void()> done) {
  std::uint64_t id = 0;
  {
    std::lock_guard lock(mutex_);
    id = ++last_id_;
    refreshes_.emplace(id, refreshing{target, kind, key, std::move(done)});
  }
  ask(id);
}

void remote_effects::ask(std::uint64_t id) {
  std::unique_lock lock(mutex_);
  const auto at = refreshes_.find(id);
  if (at == refreshes_.end() || at->second.peer != 0) return;
  const auto owner = hooks_.owner(at->second.target);
  if (owner.here) {
    auto mine = refreshes_.extract(at);
    lock.unlock();
    auto& r = mine.mapped();
    return hooks_.refresh_here(r.target, r.kind, r.key, std::move(r.done));
  }
  link::Envelope e;
  auto& asked = *e.mutable_refresh();
  asked.set_id(id);
  asked.set_domain(std::string(at->second.target.domain));
  asked.set_kind(std::string(at->second.kind));
  asked.set_key(at->second.key);
  at->second.peer = owner.peer;
  lock.unlock();
  if (owner.peer != 0 && hooks_.send(owner.peer, e)) return;
  lock.lock();
  if (const auto waits = refreshes_.find(id); waits != refreshes_.end()) waits->second.peer = 0;
  lock.unlock();
  ask_later(id);
}

void remote_effects::ask_later(std::uint64_t id) {
  services_.timers.after(services_.jitter(refresh_pause), [this, id] { ask(id); });
}

void remote_effects::refreshed(link::peer_number from, const link::Refreshed& told) {
  std::unique_lock lock(mutex_);
  const auto at = refreshes_.find(told.id());
  if (at == refreshes_.end() || at->second.peer != from) return;
  if (told.not_mine()) {
    at->second.peer = 0;
    lock.unlock();
    return ask_later(told.id());
  }
  auto ended = refreshes_.extract(at);
  lock.unlock();
  ended.mapped().done();
}

void remote_effects::lost(link::peer_number peer) {
  std::vector<part_delivery::done_fn> suspended;
  std::vector<std::uint64_t> unanswered;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(deliveries_, [&](auto& x) {
      const bool its = x.second.peer == peer;
      if (its) suspended.push_back(std::move(x.second.done));
      return its;
    });
    for (auto& [id, r] : refreshes_)
      if (r.peer == peer) {
        r.peer = 0;
        unanswered.push_back(id);
      }
  }
  for (auto& done : suspended) done(event_end::suspended, "its owner was lost");
  for (const auto id : unanswered) ask_later(id);
}

void remote_effects::owner_known() {
  std::vector<std::uint64_t> waiting;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, r] : refreshes_)
      if (r.peer == 0) waiting.push_back(id);
  }
  for (const auto id : waiting) ask(id);
}

}  // namespace nova::runtime
