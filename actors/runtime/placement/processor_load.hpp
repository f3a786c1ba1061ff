// The share of its cores that a process has used lately, as the other nodes are told. Used by cluster_router; pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <utility>

namespace nova::runtime {

class processor_load {
 public:
  using steady_time = std::chrono::steady_clock::time_point;
  /// Between two notes of this distance nothing older counts.
  static constexpr std::chrono::seconds span{10};

  /// `used`: processor seconds for each core since the process's start.
  void note(steady_time now, double used) {
    seen_.emplace_back(now, used);
    while (seen_.size() > 2 && now - seen_[1].first >= span) seen_.pop_front();
  }
  /// Between the first note that counts and the last one.
  std::uint32_t percent() const {
    if (seen_.size() < 2) return 0;
    const std::chrono::duration<double> time = seen_.back().first - seen_.front().first;
    if (time.count() <= 0) return 0;
    const double share = (seen_.back().second - seen_.front().second) / time.count();
    return static_cast<std::uint32_t>(std::lround(std::clamp(share, 0.0, 1.0) * 100));
  }

 private:
  std::deque<std::pair<steady_time, double>> seen_;
};

}  // namespace nova::runtime
