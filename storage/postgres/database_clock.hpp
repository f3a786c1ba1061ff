// The database's wall clock beside this process's own clock. A lane asks it when it claims shards: a database's clock that jumps
// forward must not make the leases of living lanes look over (core review A15.5). Used by lane.cpp and lane_batch.cpp, on one thread.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <utility>

namespace nova::storage {

class database_clock {
 public:
  using time = std::chrono::microseconds;  ///< since any fixed moment of the clock in question

  /// `memory` is longer than a lease: until then every living lane has renewed its lease by the new time.
  explicit database_clock(std::chrono::milliseconds memory) : memory_(memory) {}

  /// The database's clock showed `theirs` before the own clock showed `own`.
  void note(time theirs, time own) {
    while (!seen_.empty() && own - seen_.front().first > memory_) seen_.pop_front();
    // Later and smaller: the earlier ones are never the least again.
    while (!seen_.empty() && seen_.back().second >= theirs - own) seen_.pop_back();
    seen_.emplace_back(own, theirs - own);
  }

  /// The time that the database shows now if its clock has not jumped forward lately. It is early by the slowest answer of that
  /// time. Nothing: no time was noted.
  std::optional<time> now(time own) {
    if (seen_.empty()) return std::nullopt;
    while (seen_.size() > 1 && own - seen_.front().first > memory_) seen_.pop_front();
    return own + seen_.front().second;
  }

 private:
  const std::chrono::milliseconds memory_;
  std::deque<std::pair<time, time>> seen_;  ///< own time, their time minus it; both ascending
};

}  // namespace nova::storage
