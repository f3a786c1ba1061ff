// The place of one runtime actor: its bounded inbox and its alarm. Both outlive the actor's
// restarts. CAF 0.17 has no bounded mailbox, so items wait here and one wake-up message covers all
// of them. Used by shards, readers, couriers and domain heads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nova::runtime {

using steady_time = std::chrono::steady_clock::time_point;

/// The actor's state on a seat between two crashes. One thread at a time.
class occupant {
 public:
  virtual ~occupant() = default;
  /// Handles some waiting items; true when more wait. An exception ends the occupant, and the
  /// supervisor seats a new one.
  virtual bool turn() = 0;
  /// The item under way, for the crash report.
  virtual std::string current() const = 0;
};

class seat {
 public:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  explicit seat(std::string name) : name_(std::move(name)) {}
  virtual ~seat() = default;
  seat(const seat&) = delete;
  seat& operator=(const seat&) = delete;

  virtual std::unique_ptr<occupant> occupy() = 0;
  virtual std::size_t depth() const = 0;
  const std::string& name() const noexcept { return name_; }

  /// Lets the actor take a turn soon. Any thread.
  void wake() {
    if (scheduled_.exchange(true)) return;
    std::shared_ptr<const std::function<void()>> bell;
    {
      std::lock_guard lock(bell_mutex_);
      bell = bell_;
    }
    if (bell) (*bell)();
  }

  /// Called by the actor: wake-ups call `ring` from now on. Null: wake-ups wait for the next actor.
  void hang_bell(std::function<void()> ring) {
    auto bell = ring ? std::make_shared<const std::function<void()>>(std::move(ring)) : nullptr;
    std::lock_guard lock(bell_mutex_);
    bell_ = std::move(bell);
    scheduled_ = true;
  }
  void begin_turn() { scheduled_ = false; }

  /// The ticker wakes the actor at this time of the monotonic clock. Called by the occupant.
  void alarm(steady_time due) {
    due_.store(due.time_since_epoch().count(), std::memory_order_relaxed);
  }
  void no_alarm() { due_.store(never, std::memory_order_relaxed); }
  steady_time alarm_at() const {
    return steady_time(steady_time::duration(due_.load(std::memory_order_relaxed)));
  }
  bool due(steady_time now) const {
    return due_.load(std::memory_order_relaxed) <= now.time_since_epoch().count();
  }

 private:
  std::string name_;
  std::atomic<bool> scheduled_{true};
  std::atomic<std::int64_t> due_{never};
  std::mutex bell_mutex_;
  std::shared_ptr<const std::function<void()>> bell_;
};

/// A seat with its queue. `batch_` and `at_` belong to the occupant: the items that it took, and its
/// position in them.
template <class Item>
class inbox : public seat {
 public:
  inbox(std::string name, std::size_t limit) : seat(std::move(name)), limit_(limit) {}

  /// False when the inbox is full; then `item` is unchanged.
  bool push(Item&& item) {
    {
      std::lock_guard lock(mutex_);
      if (waiting_.size() >= limit_) return false;
      waiting_.push_back(std::move(item));
      depth_.store(waiting_.size(), std::memory_order_relaxed);
    }
    wake();
    return true;
  }

  /// For answers to the actor's own requests. Their number is bounded by the number of requests, so
  /// they are never refused.
  void post(Item&& item) {
    {
      std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(item));
      depth_.store(waiting_.size(), std::memory_order_relaxed);
    }
    wake();
  }

  template <class T>
  void post_all(std::vector<T>& items) {
    {
      std::lock_guard lock(mutex_);
      for (auto& item : items) waiting_.emplace_back(std::move(item));
      depth_.store(waiting_.size(), std::memory_order_relaxed);
    }
    items.clear();
    wake();
  }

  /// Handles up to `limit` items in order; true when more wait.
  template <class F>
  bool drain(std::size_t limit, F&& handle) {
    for (std::size_t n = 0; n < limit; ++n) {
      if (at_ == batch_.size() && !refill()) return false;
      handle(batch_[at_++]);
    }
    return at_ < batch_.size() || depth_.load(std::memory_order_relaxed) > 0;
  }

  /// Passes the remaining items to `each`. Call when no actor will take the seat again.
  template <class F>
  void discard(F&& each) {
    std::vector<Item> rest;
    {
      std::lock_guard lock(mutex_);
      rest.swap(waiting_);
    }
    for (; at_ < batch_.size(); ++at_) each(batch_[at_]);
    batch_.clear();
    at_ = 0;
    for (auto& item : rest) each(item);
  }

  std::size_t depth() const override { return depth_.load(std::memory_order_relaxed); }

 private:
  bool refill() {
    batch_.clear();
    at_ = 0;
    std::lock_guard lock(mutex_);
    batch_.swap(waiting_);
    depth_.store(0, std::memory_order_relaxed);
    return !batch_.empty();
  }

  const std::size_t limit_;
  std::mutex mutex_;
  std::vector<Item> waiting_;
  std::vector<Item> batch_;
  std::size_t at_ = 0;
  std::atomic<std::size_t> depth_{0};
};

}  // namespace nova::runtime
