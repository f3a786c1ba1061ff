// The delays and alarms of one node, all driven by its one tick. Actors reach them through services.
#pragma once

#include "actors/runtime/kernel/seat.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace nova::runtime {

class timers {
 public:
  /// `now` must outlive the timers; the node sets it before the first actor starts.
  explicit timers(const std::function<steady_time()>& now) : now_(now) {}

  /// Calls `fire` on the ticker's actor after the delay; `fire` must only post. For pauses and retries,
  /// not for single calls. Asks for an earlier tick when the planned tick comes too late.
  void after(std::chrono::milliseconds delay, std::function<void()> fire);
  /// The tick wakes `s` when its alarm is due. Call before the node starts; `s` must outlive the node.
  void watch(seat& s) { alarms_.push_back(&s); }
  /// Called by the ticker at each tick: fires due delays and wakes the seats whose alarm is due.
  void tick();
  /// Called by the ticker: returns the time of its next tick, which is when the next alarm or delay is due, within the bounds.
  steady_time plan(steady_time earliest, steady_time latest);
  /// Sets how `after` asks for an earlier tick; null: it does not ask. Any thread.
  void ask_by(std::function<void()> sooner);

 private:
  struct timer {
    steady_time due;
    std::uint64_t order;
    std::function<void()> fire;
    bool operator<(const timer& other) const {
      return due != other.due ? due > other.due : order > other.order;
    }
  };

  const std::function<steady_time()>& now_;
  std::mutex mutex_;
  std::function<void()> sooner_;
  steady_time planned_ = steady_time::min();
  std::vector<timer> timers_;  // a heap
  std::uint64_t order_ = 0;
  std::vector<seat*> alarms_;
};

}  // namespace nova::runtime
