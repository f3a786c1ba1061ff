// See charts.hpp.
#include "bench/report/charts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

namespace nova::bench {

namespace {

// In SVG units; the page shows 960 of them at most.
constexpr double width = 960, label_width = 350, value_width = 190, row_height = 24, top = 26,
                 bar = 13;
constexpr double plot_left = label_width + 10, plot_right = width - value_width - 10;
constexpr std::size_t label_letters = 50;

std::string format(const char* pattern, double a, double b = 0, double c = 0, double d = 0) {
  char out[256];
  std::snprintf(out, sizeof out, pattern, a, b, c, d);
  return out;
}

std::string cut(const std::string& label) {
  return label.size() <= label_letters ? label : label.substr(0, label_letters - 1) + "…";
}

std::string titled(const std::string& section, const std::string& name) {
  return section.empty() ? spoken(name) : section + " · " + spoken(name);
}

/// Rows from top to bottom, with a head that holds the axis.
class plot {
 public:
  void row(const std::string& label, const std::string& drawn, const std::string& value) {
    const double y = top + row_height * static_cast<double>(rows_++) + row_height / 2;
    body_ += "<g transform=\"translate(0," + format("%.1f", y) + ")\"><title>" + escaped(label) +
             ": " + escaped(value) + "</title><text class=\"label\" x=\"0\" y=\"4\">" +
             escaped(cut(label)) + "</text>" + drawn + "<text class=\"value\" x=\"" +
             format("%.0f", width - value_width) + "\" y=\"4\">" + escaped(value) + "</text></g>";
  }
  void tick(double x, const std::string& text) { ticks_.emplace_back(x, text); }

  std::string done(const std::string& caption) const {
    if (rows_ == 0) return "";
    const double height = top + row_height * static_cast<double>(rows_) + 6;
    std::string out = "<figure><figcaption>" + escaped(caption) +
                      "</figcaption><svg viewBox=\"0 0 960 " + format("%.0f", height) +
                      "\" role=\"img\" aria-label=\"" + escaped(caption) + "\">";
    for (const auto& [x, text] : ticks_)
      out += "<line class=\"grid\" x1=\"" +
             format("%.1f\" x2=\"%.1f\" y1=\"%.0f\" y2=\"%.0f", x, x, top - 4, height - 4) +
             "\"/><text class=\"tick\" x=\"" + format("%.1f\" y=\"%.0f", x, top - 9) + "\">" +
             escaped(text) + "</text>";
    return out + body_ + "</svg></figure>";
  }

 private:
  std::string body_;
  std::vector<std::pair<double, std::string>> ticks_;
  std::size_t rows_ = 0;
};

std::string rectangle(double from, double to, const std::string& style) {
  return "<rect class=\"" + style + "\" x=\"" +
         format("%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f", from, -bar / 2,
                std::max(0.5, to - from), bar) +
         "\"/>";
}

/// A linear axis from 0 with three to six round ticks.
struct linear {
  explicit linear(double most) {
    const double raw = std::max(most, 1e-12) / 4;
    const double power = std::pow(10, std::floor(std::log10(raw)));
    for (const double m : {1.0, 2.0, 2.5, 5.0, 10.0})
      if (m * power >= raw) {
        step = m * power;
        break;
      }
    end = step * std::ceil(std::max(most, 1e-12) / step);
  }
  double at(double v) const { return plot_left + (plot_right - plot_left) * v / end; }
  void mark(plot& p) const {
    for (double v = 0; v <= end * 1.001; v += step) p.tick(at(v), shown(v));
  }
  double step = 1, end = 1;
};

struct logarithmic {
  logarithmic(double least, double most)
      : low(std::floor(std::log10(std::max(least, 1e-3)))),
        high(std::max(low + 1, std::ceil(std::log10(std::max(most, 1e-3))))) {}
  double at(double v) const {
    const double share = (std::log10(std::max(v, 1e-3)) - low) / (high - low);
    return plot_left + (plot_right - plot_left) * std::clamp(share, 0.0, 1.0);
  }
  void mark(plot& p) const {
    for (double e = low; e <= high; ++e) p.tick(at(std::pow(10, e)), shown(std::pow(10, e)));
  }
  double low, high;
};

bool of_reference(const std::string& name) { return name.starts_with("bare_"); }

std::string bars(const run_file& run, const std::string& caption, const std::string& suffix,
                 const std::string& unit) {
  double most = 0;
  for (const auto& f : run.figures)
    if (f.name.ends_with(suffix)) most = std::max(most, f.value);
  const linear axis(most);
  plot p;
  axis.mark(p);
  for (const auto& f : run.figures) {
    if (!f.name.ends_with(suffix)) continue;
    const auto name = f.name.substr(0, f.name.size() - suffix.size());
    p.row(titled(f.section, name),
          rectangle(axis.at(0), axis.at(f.value), of_reference(f.name) ? "bare" : "nova"),
          shown(f.value) + unit);
  }
  return p.done(caption);
}

struct cpu_row {
  std::string label;
  double parts[3] = {};
};

const char* const sides[] = {"client", "server", "postgres"};

/// Rows of one unit ("s_per_1000"), by what stands before `cpu_` and the section.
std::vector<cpu_row> cpu_rows(const run_file& run, const std::string& unit) {
  std::vector<cpu_row> out;
  for (const auto& f : run.figures)
    for (std::size_t side = 0; side < 3; ++side) {
      const auto tail = std::string("cpu_") + sides[side] + "_" + unit;
      if (!f.name.ends_with(tail)) continue;
      const auto name = f.name.substr(0, f.name.size() - tail.size());
      const auto label = f.section.empty() || !name.empty()
                             ? titled(f.section, name.empty() ? "all" : name)
                             : f.section;
      auto found =
          std::find_if(out.begin(), out.end(), [&](const auto& r) { return r.label == label; });
      if (found == out.end()) found = out.insert(out.end(), {label, {}});
      found->parts[side] = f.value;
    }
  return out;
}

}  // namespace

std::string spoken(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '_', ' ');
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string latency_chart(const run_file& run) {
  double least = 1e9, most = 0;
  for (const auto& t : run.timings)
    if (t.count > 0) least = std::min(least, t.p50_ms), most = std::max(most, t.p99_9_ms);
  const logarithmic axis(least, most);
  plot p;
  axis.mark(p);
  for (const auto& t : run.timings) {
    if (t.count == 0) continue;
    std::string drawn = "<line class=\"range\" x1=\"" +
                        format("%.1f\" x2=\"%.1f", axis.at(t.p50_ms), axis.at(t.p99_9_ms)) +
                        "\" y1=\"0\" y2=\"0\"/>";
    for (const auto& [v, style] :
         {std::pair{t.p50_ms, "p50"}, {t.p90_ms, "p90"}, {t.p99_ms, "p99"}, {t.p99_9_ms, "p999"}})
      drawn += "<circle class=\"" + std::string(style) + "\" cx=\"" + format("%.1f", axis.at(v)) +
               "\" cy=\"0\" r=\"4.5\"/>";
    p.row(titled(t.section, t.name), drawn,
          "p50 " + shown(t.p50_ms) + " · p99 " + shown(t.p99_ms) + " ms");
  }
  return p.done("Latency in milliseconds: p50, p90, p99, p99.9");
}

std::string cpu_chart(const run_file& run) {
  const std::map<std::string, std::string> units = {
      {"s_per_1000", "CPU seconds per 1,000 operations"},
      {"s_per_million", "CPU seconds per million deliveries"}};
  std::string out;
  for (const auto& [unit, caption] : units) {
    const auto rows = cpu_rows(run, unit);
    double most = 0;
    for (const auto& r : rows) most = std::max(most, r.parts[0] + r.parts[1] + r.parts[2]);
    const linear axis(most);
    plot p;
    axis.mark(p);
    for (const auto& r : rows) {
      std::string drawn;
      double from = 0;
      for (std::size_t side = 0; side < 3; ++side) {
        if (r.parts[side] > 0)
          drawn += rectangle(axis.at(from), axis.at(from + r.parts[side]), sides[side]);
        from += r.parts[side];
      }
      p.row(r.label, drawn,
            shown(r.parts[0]) + " + " + shown(r.parts[1]) + " + " + shown(r.parts[2]));
    }
    out += p.done(caption + ": client + server + PostgreSQL");
  }
  return out;
}

std::string rate_chart(const run_file& run) {
  return bars(run, "Operations a second; references grey", "_per_s", "/s");
}
std::string memory_chart(const run_file& run) { return bars(run, "Memory in MiB", "_mib", " MiB"); }

}  // namespace nova::bench
