// See time_plot.hpp.
#include "tests/support/time_plot.hpp"

#include "tests/support/page_parts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace nova::page {

namespace {

// In SVG units.
constexpr double left = 62, right = 950, top = 30, bottom = 190, height = 212;
constexpr int marks = 4;

std::string format(const char* pattern, double a, double b = 0, double c = 0, double d = 0) {
  char out[200];
  std::snprintf(out, sizeof out, pattern, a, b, c, d);
  return out;
}

class frame {
 public:
  explicit frame(const time_plot& p) : plot_(p) {}

  double x(double s) const {
    const auto share = (s - plot_.from_s) / std::max(plot_.to_s - plot_.from_s, 1e-9);
    return left + (right - left) * std::clamp(share, 0.0, 1.0);
  }
  double y(double v) const {
    const auto share = plot_.logarithmic ? std::log(std::max(v, plot_.least) / plot_.least) /
                                               std::log(plot_.most / plot_.least)
                                         : (v - plot_.least) / (plot_.most - plot_.least);
    return bottom - (bottom - top) * std::clamp(share, 0.0, 1.0);
  }

  std::string axes() const {
    std::string out;
    for (int i = 0; i <= marks; ++i) {
      const double share = static_cast<double>(i) / marks;
      const auto value = plot_.logarithmic ? plot_.least * std::pow(plot_.most / plot_.least, share)
                                           : plot_.least + (plot_.most - plot_.least) * share;
      const auto at = y(value);
      out += format(R"(<line class="grid" x1="%.0f" x2="%.0f" y1="%.1f" y2="%.1f"/>)", left, right,
                    at, at) +
             format(R"(<text class="level" x="%.0f" y="%.1f">)", left - 6, at + 4) +
             escaped(shown(value)) + "</text>";
      const auto time = plot_.from_s + (plot_.to_s - plot_.from_s) * share;
      out += format(R"(<text class="tick" x="%.1f" y="%.0f">)", x(time), height - 4) +
             escaped(shown(time)) + " s</text>";
    }
    return out;
  }

  std::string band(const time_band& b) const {
    if (b.to_s < plot_.from_s || b.from_s > plot_.to_s) return {};
    const auto from = x(b.from_s), wide = std::max(1.0, x(b.to_s) - from);
    return "<g class=\"band\"><title>" + escaped(b.label) + "</title>" +
           format(R"(<rect x="%.1f" y="%.0f" width="%.1f" height="%.0f"/>)", from, top, wide,
                  bottom - top) +
           format(R"(<text class="tick" x="%.1f" y="%.0f">)", from + wide / 2, top - 6) +
           escaped(b.number) + "</text></g>";
  }

  /// A point in the middle of its interval; one line for each stretch without a gap.
  std::string line(const time_line& l) const {
    std::string out, points;
    const auto end = [&] {
      if (!points.empty())
        out += "<polyline class=\"" + escaped(l.style) + "\" points=\"" + points + "\"/>";
      points.clear();
    };
    for (std::size_t i = 0; i < l.values.size(); ++i) {
      const auto at = (static_cast<double>(i) + 0.5) * plot_.interval_s;
      if (at < plot_.from_s || at > plot_.to_s) continue;
      if (std::isnan(l.values[i])) {
        end();
        continue;
      }
      points += format("%.1f,%.1f ", x(at), y(l.values[i]));
    }
    end();
    return out;
  }

 private:
  const time_plot& plot_;
};

}  // namespace

std::string drawn(const time_plot& plot, const std::vector<time_line>& lines,
                  const std::vector<time_band>& bands) {
  const frame f(plot);
  std::string out = "<figure><figcaption>" + escaped(plot.caption);
  for (const auto& l : lines)
    out += " <span class=\"key " + escaped(l.style) + "\"></span>" + escaped(l.name);
  out += "</figcaption><svg viewBox=\"0 0 960 " + format("%.0f", height) +
         "\" role=\"img\" aria-label=\"" + escaped(plot.caption) + "\">";
  for (const auto& b : bands) out += f.band(b);
  out += f.axes();
  for (const auto& l : lines) out += f.line(l);
  return out + "</svg></figure>";
}

}  // namespace nova::page
