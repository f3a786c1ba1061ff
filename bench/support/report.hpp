// What a scenario found: printed line by line, and as JSON at the end. Used by every scenario.
#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace nova::bench {

/// Latencies in microseconds; kept one by one, so that percentiles are exact. 4 bytes each.
class latencies {
 public:
  void add_us(std::uint64_t us) { all_.push_back(static_cast<std::uint32_t>(us < 0xffffffffu ? us : 0xffffffffu)); }
  std::size_t count() const noexcept { return all_.size(); }
  void merge(const latencies& other) { all_.insert(all_.end(), other.all_.begin(), other.all_.end()); }
  /// In milliseconds; 0 when there are none. `p` in 0–100.
  double percentile_ms(double p);
  /// p50, p90, p99, p99.9 and the highest.
  boost::json::object summary();

 private:
  std::vector<std::uint32_t> all_;
  bool sorted_ = false;
};

class report {
 public:
  explicit report(std::string scenario);

  /// One figure; `note` is printed behind it and says unit and meaning.
  void number(const std::string& name, double value, const std::string& note);
  void timing(const std::string& name, latencies& l);
  void set(const std::string& name, boost::json::value value);
  /// A goal and whether it was met: printed, never turned into a failure.
  void goal(const std::string& name, double value, double limit, bool at_least);
  /// Something that makes the run worthless (lost messages): printed, exit status 1.
  void broken(const std::string& what);

  bool sound() const noexcept { return sound_; }
  /// False when the file cannot be written.
  bool write(const std::string& path) const;

 private:
  boost::json::object values_;
  bool sound_ = true;
};

}  // namespace nova::bench
