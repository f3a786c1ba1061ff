// See report.hpp.
#include "bench/support/report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

namespace nova::bench {

double latencies::percentile_ms(double p) {
  if (all_.empty()) return 0;
  if (!sorted_) std::sort(all_.begin(), all_.end());
  sorted_ = true;
  const auto rank = std::ceil(p / 100 * static_cast<double>(all_.size()));
  const auto at = std::min(all_.size() - 1, static_cast<std::size_t>(std::max(1.0, rank)) - 1);
  return all_[at] / 1000.0;
}

boost::json::object latencies::summary() {
  return {{"count", all_.size()},          {"p50_ms", percentile_ms(50)},     {"p90_ms", percentile_ms(90)},
          {"p99_ms", percentile_ms(99)},   {"p99_9_ms", percentile_ms(99.9)}, {"max_ms", percentile_ms(100)}};
}

report::report(std::string scenario) {
  std::printf("== %s\n", scenario.c_str());
  std::fflush(stdout);
  values_["scenario"] = scenario;
}

void report::number(const std::string& name, double value, const std::string& note) {
  std::printf("%-34s %14.3f  %s\n", name.c_str(), value, note.c_str());
  std::fflush(stdout);
  values_[name] = value;
}

void report::timing(const std::string& name, latencies& l) {
  std::printf("%-34s p50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms (%zu)\n", name.c_str(), l.percentile_ms(50),
              l.percentile_ms(90), l.percentile_ms(99), l.percentile_ms(99.9), l.percentile_ms(100), l.count());
  std::fflush(stdout);
  values_[name] = l.summary();
}

void report::set(const std::string& name, boost::json::value value) { values_[name] = std::move(value); }

void report::goal(const std::string& name, double value, double limit, bool at_least) {
  const bool met = at_least ? value >= limit : value <= limit;
  std::printf("%-34s %14.3f  goal %s %.3f: %s\n", name.c_str(), value, at_least ? ">=" : "<=", limit, met ? "met" : "missed");
  std::fflush(stdout);
  values_[name] = {{"value", value}, {"goal", limit}, {"at_least", at_least}, {"met", met}};
}

void report::broken(const std::string& what) {
  std::printf("BROKEN: %s\n", what.c_str());
  std::fflush(stdout);
  sound_ = false;
  auto& list = values_["broken"];
  if (!list.is_array()) list = boost::json::array();
  list.as_array().emplace_back(what);
}

bool report::write(const std::string& path) const {
  std::ofstream file(path);
  auto all = values_;
  all["sound"] = sound_;
  file << boost::json::serialize(all) << '\n';
  return static_cast<bool>(file.flush());
}

}  // namespace nova::bench
