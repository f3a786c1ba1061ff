// The load over time: how many sends were answered in each interval, and how long they took from their first attempt on. The workload
// keeps it, on its thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace nova::crash {

class answer_series {
 public:
  static constexpr std::chrono::milliseconds interval{250};

  struct point {
    std::uint32_t answered = 0;
    float p50_ms = 0, p99_ms = 0;  ///< 0 when none was answered
  };

  using time_point = std::chrono::steady_clock::time_point;

  /// Intervals are counted from here.
  void begin(time_point now) { end_ = now + interval; }
  void answered(time_point now, std::chrono::milliseconds took);
  /// All intervals that have ended by now.
  std::vector<point> until(time_point now);

 private:
  void end_intervals(time_point now);

  time_point end_{};  ///< of the present interval
  std::vector<float> present_;
  std::vector<point> points_;
};

}  // namespace nova::crash
