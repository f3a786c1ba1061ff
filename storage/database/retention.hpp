// Retention: rows older than a table keeps them are deleted in small steps through the commit lane. A step deletes few rows and
// is one unit among others; while there are more, steps follow at each tick. One object a domain; its owner calls tick().
#pragma once

#include "storage/database/database.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nova::storage {

/// What one table keeps. Both statements take (before timestamptz, most bigint).
struct retention_job {
  std::string_view table;  ///< label of the metrics
  const query* due;        ///< counts what a step would delete: one row, one int8, at most `most`
  const query* step;       ///< deletes it; in its place
  std::chrono::milliseconds keep{0};
};

class retention : public std::enable_shared_from_this<retention> {
 public:
  struct limits {
    std::int64_t step_rows = 500;             ///< `most`
    std::chrono::milliseconds pause{60'000};  ///< from finding nothing left to the next look
  };
  /// `db` must outlive every callback that it owes.
  retention(database& db, const std::vector<retention_job>& jobs, limits how);

  /// Starts what is due. `now` is monotonic, `wall` Unix time, milliseconds. Always the same thread; never waits.
  void tick(std::chrono::steady_clock::time_point now, unix_ms wall);
  /// Any thread. Rows deleted, and whether there is more than a step could delete.
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
  void look(progress& p, unix_ms before);
  void step(progress& p, unix_ms before);

  database& db_;
  const limits limits_;
  std::vector<std::unique_ptr<progress>> jobs_;
};

}  // namespace nova::storage
