// See report_page.hpp.
#include "tests/nemesis/report_page.hpp"

#include "tests/nemesis/report.hpp"
#include "tests/support/page_parts.hpp"
#include "tests/support/time_plot.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace nova::nemesis {

namespace {

using crash::answer_series;
using page::escaped;

constexpr double stretch_s = 300;  // of one pair of plots
constexpr double interval_s =
    std::chrono::duration_cast<std::chrono::duration<double>>(answer_series::interval).count();

std::string cell(const std::string& text, const char* style = "") {
  return "<td class=\"" + std::string(style) + "\">" + escaped(text) + "</td>";
}

std::string number(std::int64_t n) { return cell(page::shown(static_cast<double>(n)), "n"); }

std::vector<page::time_band> bands_of(const nemesis_report& r) {
  std::vector<page::time_band> out;
  out.reserve(r.harms.size());
  for (const auto& h : r.harms) {
    const auto n = std::to_string(out.size() + 1);
    const auto from = static_cast<double>(h.began_ms) / 1000;
    out.push_back({from, from + static_cast<double>(h.lasted_ms) / 1000, n,
                   n + ": " + std::string(name_of(h.what)) + ", " + h.detail});
  }
  return out;
}

/// In one figure a stretch: how many sends a second were answered; in the other how long they took.
std::string plots(const nemesis_report& r) {
  page::time_line rate{"sends answered a second", "rate", {}}, half{"p50", "middle", {}},
      worst{"p99", "worst", {}};
  double most_rate = 1, most_ms = 10;
  for (const auto& p : r.series) {
    const bool none = p.answered == 0;
    rate.values.push_back(p.answered / interval_s);
    half.values.push_back(none ? std::nan("") : p.p50_ms);
    worst.values.push_back(none ? std::nan("") : p.p99_ms);
    most_rate = std::max(most_rate, rate.values.back());
    most_ms = std::max<double>(most_ms, p.p99_ms);
  }
  const auto bands = bands_of(r);
  const auto all_s = static_cast<double>(r.series.size()) * interval_s;
  std::string out;
  for (double from = 0; from < all_s; from += stretch_s) {
    const auto to = all_s <= stretch_s ? all_s : from + stretch_s;
    out += page::drawn({.caption = "Throughput",
                        .interval_s = interval_s,
                        .from_s = from,
                        .to_s = to,
                        .most = most_rate},
                       {rate}, bands) +
           page::drawn({.caption = "Latency in milliseconds, from the first attempt of a send",
                        .interval_s = interval_s,
                        .from_s = from,
                        .to_s = to,
                        .least = 1,
                        .most = most_ms,
                        .logarithmic = true},
                       {half, worst}, bands);
  }
  return out;
}

std::string goals(const nemesis_report& r) {
  std::string out =
      "<table><tr><th>goal</th><th class=\"n\">value</th><th class=\"n\">bound</th><th></th></tr>";
  for (const auto& g : goals_of(r))
    out += "<tr>" + cell(g.name) + cell(value_of(g), "n") + cell(page::shown(g.bound), "n") +
           (!g.judged()
                ? cell("not judged: " + std::to_string(g.of) + " of " + std::to_string(g.least))
            : g.met() ? cell("met", "met")
                      : cell("missed", "missed")) +
           "</tr>";
  return out + "</table>";
}

std::string faults(const nemesis_report& r) {
  std::string out =
      "<h2>Faults</h2><div class=\"scroll\"><table><tr><th "
      "class=\"n\">n</th><th>fault</th><th>of</th>"
      "<th class=\"n\">began, s</th><th class=\"n\">lasted, ms</th><th class=\"n\">first answer, "
      "ms</th>"
      "<th class=\"n\">longest gap, ms</th><th class=\"n\">100 sends after, ms</th><th "
      "class=\"n\">whole "
      "after, ms</th></tr>";
  std::int64_t n = 0;
  for (const auto& h : r.harms)
    out += "<tr>" + number(++n) + cell(std::string(name_of(h.what))) + cell(h.detail) +
           number(h.began_ms / 1000) + number(h.lasted_ms) + number(h.first_ms) + number(h.gap_ms) +
           number(h.healed_ms) + number(h.whole_ms) + "</tr>";
  return out + "</table></div>";
}

}  // namespace

std::string page_of(const nemesis_report& r) {
  std::string body = "<h1>Three nodes under " + std::to_string(r.harms.size()) +
                     " faults</h1><p>seed " + std::to_string(r.seed) + " · " +
                     std::to_string(r.counts.acked_sends) + " sends acknowledged · " +
                     std::to_string(r.counts.operations) + " operations · " +
                     (r.sound() ? "nothing lost, doubled or out of order" : "not sound") +
                     ". A band is a fault, from the blow to its healing.</p>";
  if (!r.failed.empty()) body += "<p class=\"broken\">" + escaped(r.failed) + "</p>";
  for (const auto& v : r.found)
    body += "<p class=\"broken\">" +
            escaped(std::string(crash::name_of(v.what)) + ": " + v.detail) + "</p>";
  return page::whole("Nova under faults", body + goals(r) + plots(r) + faults(r));
}

}  // namespace nova::nemesis
