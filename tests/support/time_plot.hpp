// Plots over time as inline SVG: lines, and bands behind them for what lasted a while. Used by the page of the nemesis.
#pragma once

#include <string>
#include <vector>

namespace nova::page {

/// From one time to another. `number` stands above it; `label` is shown by the browser when the pointer is on it.
struct time_band {
  double from_s = 0, to_s = 0;
  std::string number, label;
};

struct time_line {
  std::string name;
  std::string style;  ///< class: "rate", "middle" or "worst"
  std::vector<double>
      values;  ///< one an interval, from the first one of the run; not a number: a gap in the line
};

struct time_plot {
  std::string caption;
  double interval_s = 1;
  double from_s = 0, to_s = 0;  ///< of the run: what is shown
  double least = 0, most = 1;   ///< of the axis of values
  bool logarithmic = false;     ///< then `least` is above 0
};

/// One figure. Bands and points outside the shown time are left out or cut.
std::string drawn(const time_plot& plot, const std::vector<time_line>& lines,
                  const std::vector<time_band>& bands);

}  // namespace nova::page
