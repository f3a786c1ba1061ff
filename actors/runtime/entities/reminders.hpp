// The durable timers of one shard. Finds the time of the next reminder and begins the due ones as
// flights of their entities. Tries again after a failure, and gives up after poison_after failures.
// Used by shard, on its thread.
#pragma once

#include "actors/runtime/entities/flight.hpp"
#include "actors/runtime/kernel/seat.hpp"
#include "storage/database/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

class shard;

class reminders {
 public:
  explicit reminders(shard& s);
  ~reminders();
  reminders(const reminders&) = delete;
  reminders& operator=(const reminders&) = delete;

  /// Reads the time of the next due reminder.
  void plan();
  /// Called when a decision set a reminder.
  void set(unix_ms due);
  /// The time of the next call of `begin_due`; empty: none.
  std::optional<steady_time> next() const noexcept { return next_; }
  /// Reads a page of due reminders and begins them.
  void begin_due();
  /// The statement beside the effect: the reminder is over, or comes again.
  storage::statement outcome_of(const std::string& kind, const std::string& key,
                                const reminder_work& r);
  /// Called when a reminder's flight has ended; `done`: its decision is committed.
  void over(const flight& f, bool done);
  /// Called when the shard is closed.
  void close();

 private:
  void start(const storage::rows& due);
  void give_up(const flight& f);
  /// Takes so many of those that the domain may have under way; fewer when others have them.
  std::uint32_t take(std::uint32_t wanted);
  void give_back(std::uint32_t taken);

  shard& shard_;
  /// The domain's kinds that take reminders. Reminders of other kinds (of a newer or older program) stay
  /// in the table.
  std::vector<std::string> kinds_;
  bool reading_ = false;
  bool due_meanwhile_ = false;  ///< a reminder came due while the next one was being looked up
  std::uint32_t under_way_ = 0;
  std::uint32_t taken_ = 0;  ///< of the domain's number
  std::optional<steady_time> next_;
  std::unordered_map<std::string, std::uint32_t> failures_;  // by kind, key and name
};

}  // namespace nova::runtime
