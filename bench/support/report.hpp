// The results of a scenario: printed line by line, and as JSON at the end. Used by every scenario.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace nova::bench {

/// Latencies in microseconds, 4 bytes each. All are kept, so percentiles are exact.
class latencies {
 public:
  void add_us(std::uint64_t us) {
    all_.push_back(static_cast<std::uint32_t>(us < 0xffffffffu ? us : 0xffffffffu));
  }
  std::size_t count() const noexcept { return all_.size(); }
  void merge(const latencies& other) {
    all_.insert(all_.end(), other.all_.begin(), other.all_.end());
  }
  /// In milliseconds; 0 when there are no latencies. `p` in 0–100.
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

  /// Later figures belong to this part of the run ("64 sockets, window 16"); empty: to the whole run.
  void section(const std::string& name);
  /// Adds one figure; `note` is printed after it with unit and meaning.
  void number(const std::string& name, double value, const std::string& note);
  void timing(const std::string& name, latencies& l);
  /// Sets an option or a fact of the run.
  void set(const std::string& name, boost::json::value value);
  /// A goal and whether it was met. Printed, never a failure. `reference`: the compared value, with figures.
  void goal(const std::string& name, double value, double limit, bool at_least,
            const std::string& reference = "");
  /// A fault that makes the run worthless (lost messages). Printed; the exit status becomes 1.
  void broken(const std::string& what);

  bool sound() const noexcept { return broken_.empty(); }
  std::vector<std::string> problems() const;
  /// The last figure of that name; 0 when there is no such figure.
  double figure(const std::string& name) const;
  /// One JSON object: scenario, at, machine, facts, and the lists figures, timings, goals, broken, whose rows carry their
  /// section. False when the file cannot be written.
  bool write(const std::string& path) const;

 private:
  boost::json::object row(const std::string& name) const;

  std::string scenario_, section_;
  boost::json::object facts_, machine_;
  boost::json::array figures_, timings_, goals_, broken_;
};

}  // namespace nova::bench
