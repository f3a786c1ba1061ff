// See report.hpp.
#include "bench/support/report.hpp"

#include "protocols/core/ids.hpp"

#include <sys/utsname.h>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace nova::bench {

double latencies::percentile_ms(double p) {
  if (all_.empty()) return 0;
  if (!sorted_) std::sort(all_.begin(), all_.end());
  sorted_ = true;
  const auto rank =
      std::ceil(p * static_cast<double>(all_.size()) / 100 - 1e-9);  // 99.9 of 1,000 is the 999th
  const auto at = std::min(all_.size() - 1, static_cast<std::size_t>(std::max(1.0, rank)) - 1);
  return all_[at] / 1000.0;
}

boost::json::object latencies::summary() {
  return {{"count", all_.size()},
          {"p50_ms", percentile_ms(50)},
          {"p90_ms", percentile_ms(90)},
          {"p99_ms", percentile_ms(99)},
          {"p99_9_ms", percentile_ms(99.9)},
          {"max_ms", percentile_ms(100)}};
}

namespace {

boost::json::object this_machine() {
  double load[3] = {};
  getloadavg(load, 3);
  utsname system{};
  uname(&system);
  return {{"processors", std::thread::hardware_concurrency()},
          {"kernel", system.release},
          {"load_at_start", load[0]}};
}

}  // namespace

report::report(std::string scenario) : scenario_(std::move(scenario)), machine_(this_machine()) {
  std::printf("== %s\n", scenario_.c_str());
  std::fflush(stdout);
}

boost::json::object report::row(const std::string& name) const {
  return {{"section", section_}, {"name", name}};
}

void report::section(const std::string& name) {
  section_ = name;
  if (!name.empty()) std::printf("-- %s\n", name.c_str());
}

void report::number(const std::string& name, double value, const std::string& note) {
  std::printf("%-34s %14.3f  %s\n", name.c_str(), value, note.c_str());
  std::fflush(stdout);
  auto r = row(name);
  r["value"] = value;
  r["note"] = note;
  figures_.push_back(std::move(r));
}

void report::timing(const std::string& name, latencies& l) {
  std::printf("%-34s p50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms (%zu)\n", name.c_str(),
              l.percentile_ms(50), l.percentile_ms(90), l.percentile_ms(99), l.percentile_ms(99.9),
              l.percentile_ms(100), l.count());
  std::fflush(stdout);
  auto r = row(name);
  for (auto& [key, value] : l.summary()) r[key] = value;
  timings_.push_back(std::move(r));
}

void report::set(const std::string& name, boost::json::value value) {
  facts_[name] = std::move(value);
}

void report::goal(const std::string& name, double value, double limit, bool at_least,
                  const std::string& reference) {
  const bool met = at_least ? value >= limit : value <= limit;
  std::printf("%-34s %14.3f  goal %s %.3f: %s%s%s\n", name.c_str(), value,
              at_least ? ">=" : "<=", limit, met ? "met" : "missed", reference.empty() ? "" : "; ",
              reference.c_str());
  std::fflush(stdout);
  auto r = row(name);
  r["value"] = value;
  r["goal"] = limit;
  r["at_least"] = at_least;
  r["met"] = met;
  r["reference"] = reference;
  goals_.push_back(std::move(r));
}

void report::broken(const std::string& what) {
  std::printf("BROKEN: %s\n", what.c_str());
  std::fflush(stdout);
  broken_.emplace_back(section_.empty() ? what : section_ + ": " + what);
}

std::vector<std::string> report::problems() const {
  std::vector<std::string> out;
  for (const auto& p : broken_) out.emplace_back(p.as_string());
  return out;
}

double report::figure(const std::string& name) const {
  double found = 0;
  for (const auto& f : figures_)
    if (f.at("name").as_string() == name) found = f.at("value").as_double();
  return found;
}

bool report::write(const std::string& path) const {
  std::ofstream file(path);
  const auto now =
      std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
  const boost::json::object all{
      {"scenario", scenario_}, {"at", format_rfc3339(now)}, {"machine", machine_},
      {"facts", facts_},       {"sound", sound()},          {"goals", goals_},
      {"figures", figures_},   {"timings", timings_},       {"broken", broken_}};
  file << boost::json::serialize(all) << '\n';
  return static_cast<bool>(file.flush());
}

}  // namespace nova::bench
