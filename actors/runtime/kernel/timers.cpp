#include "actors/runtime/kernel/timers.hpp"

#include <algorithm>

namespace nova::runtime {

void timers::after(std::chrono::milliseconds delay, std::function<void()> fire) {
  const auto due = now_() + delay;
  std::lock_guard lock(mutex_);
  timers_.push_back({due, ++order_, std::move(fire)});
  std::push_heap(timers_.begin(), timers_.end());
  if (due >= planned_) return;
  planned_ = due;
  if (sooner_) sooner_();
}

void timers::tick() {
  const auto t = now_();
  std::vector<std::function<void()>> due;
  {
    std::lock_guard lock(mutex_);
    while (!timers_.empty() && timers_.front().due <= t) {
      std::pop_heap(timers_.begin(), timers_.end());
      due.push_back(std::move(timers_.back().fire));
      timers_.pop_back();
    }
  }
  for (auto& fire : due) fire();
  for (auto* s : alarms_)
    if (s->due(t)) s->wake();
}

steady_time timers::plan(steady_time earliest, steady_time latest) {
  auto next = latest;
  for (const auto* s : alarms_) next = std::min(next, s->alarm_at());
  std::lock_guard lock(mutex_);
  if (!timers_.empty()) next = std::min(next, timers_.front().due);
  return planned_ = std::max(next, earliest);
}

void timers::ask_by(std::function<void()> sooner) {
  std::lock_guard lock(mutex_);
  sooner_ = std::move(sooner);
}

}  // namespace nova::runtime
