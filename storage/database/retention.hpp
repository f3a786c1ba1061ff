// Retention deletes rows that are older than their table keeps, in small steps through the commit lane. A step deletes few rows
// and is one unit among others. While more rows are due, a step follows at each tick. One object a domain; its owner calls tick().
#pragma once

#include "storage/database/database.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nova::storage {

/// The retention of one table. Both statements take (before timestamptz, most bigint), and behind these the values of `more`.
struct retention_job {
  std::string_view table;  ///< label of the metrics
  const query* due;        ///< counts the rows of one step: one row, one int8, at most `most`
  const query* step;       ///< deletes those rows; not merged
  std::chrono::milliseconds keep{0};
  std::function<std::vector<value>(unix_ms wall)> more = {};
};

class retention : public std::enable_shared_from_this<retention> {
 public:
  struct limits {
    std::int64_t step_rows = 500;             ///< `most`
    std::chrono::milliseconds pause{60'000};  ///< from finding nothing left to the next look
  };
  /// `db` must outlive all its callbacks to this object.
  retention(database& db, const std::vector<retention_job>& jobs, limits how);

  /// Starts the looks that are due. `now` is monotonic, `wall` is Unix time in milliseconds. Call on one thread only; never waits.
  /// Returns true while a job has more to do.
  bool tick(std::chrono::steady_clock::time_point now, unix_ms wall);
  /// Any thread. Adds the number of deleted rows, and whether more rows are due than one step deletes.
  void collect(metric_samples& out, std::string_view domain) const;

 private:
  enum class phase : std::uint8_t { resting, looking, more, deleting };
  struct progress {
    retention_job job;
    std::atomic<phase> at{phase::more};
    std::atomic<std::int64_t> found{0};  ///< by the last look
    std::atomic<std::uint64_t> deleted{0};
    std::chrono::steady_clock::time_point next{};
  };
  void look(progress& p, unix_ms wall);
  void step(progress& p, std::vector<value> params);

  database& db_;
  const limits limits_;
  std::vector<std::unique_ptr<progress>> jobs_;
};

}  // namespace nova::storage
