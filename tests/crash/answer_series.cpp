// See answer_series.hpp.
#include "tests/crash/answer_series.hpp"

#include <algorithm>
#include <cstddef>

namespace nova::crash {

namespace {

/// The smallest value that so many of 100 do not exceed. Changes the order.
float percentile(std::vector<float>& values, std::size_t percent) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>((values.size() * percent + 99) / 100 - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

void answer_series::answered(time_point now, std::chrono::milliseconds took) {
  end_intervals(now);
  present_.push_back(static_cast<float>(took.count()));
}

std::vector<answer_series::point> answer_series::until(time_point now) {
  end_intervals(now);
  return points_;
}

void answer_series::end_intervals(time_point now) {
  for (; end_ <= now; end_ += interval) {
    points_.push_back({static_cast<std::uint32_t>(present_.size()), percentile(present_, 50),
                       percentile(present_, 99)});
    present_.clear();
  }
}

}  // namespace nova::crash
