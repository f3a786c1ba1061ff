// Decisions that wait outside the lane's batches, because another session has locked a row or table that they need. They
// are tried alone, with growing pauses; other decisions go on meanwhile. Used by the lane on the storage thread; pure.
#pragma once

#include "storage/database/batch.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace nova::storage {

class parked_units {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;
  static constexpr milliseconds first_pause{100}, longest_pause{1000};
  /// When this many groups wait for the same statement, the statement is closed. Then one group tries for all of them; later units
  /// with that statement wait until it passes. So a locked table costs one try a pause, not one try a unit.
  static constexpr std::size_t closing = 8;

  bool empty() const noexcept { return groups_.empty(); }
  std::size_t units() const noexcept { return units_; }

  /// Takes a unit that must wait: behind an earlier one of its order, or for a closed statement.
  bool take(pending_unit& u, time_point now);
  /// These units are about to be tried alone. From now on later units of their orders wait.
  void hold(const std::vector<pending_unit>& units, time_point now);
  /// Parks units of one order after a failed try. `what` is locked (null: the outbox). Returns the number of failed tries.
  unsigned park(std::vector<pending_unit> units, const query* what, time_point now);
  /// Parks those held units that were not tried yet and need a closed statement.
  void shut_out(std::vector<pending_unit>& units, time_point now);
  /// The units whose pause is over, to be tried in one transaction. A group that was tried before gives only its first unit.
  std::vector<pending_unit> due(time_point now);
  /// The time of the next call of due(); empty: no call is needed.
  std::optional<time_point> next() const;

  struct released {
    std::vector<pending_unit> behind;  ///< units that came later
    bool was_parked = false;
  };
  /// Ends the try of an order. `passed`: its locks were granted, so other groups with its statement may try at once.
  released release(std::uint64_t order, bool passed);
  struct late {
    pending_unit unit;
    std::string_view waits_for;  ///< name of the statement
  };
  /// The first unit of the group that has waited longest. Only if that group waits for `limit`, or more than `most` units wait.
  std::optional<late> overdue(time_point now, milliseconds limit, std::size_t most);
  /// All units of an activation.
  std::vector<pending_unit> sweep(std::uint64_t activation);
  std::vector<pending_unit> clear();

 private:
  struct group {
    std::deque<pending_unit> units;
    const query* what = nullptr;
    bool blamed = false;  ///< `what` is known
    unsigned attempts = 0;
    bool parked = false;  ///< false: its first units are being tried
    time_point since, retry_at;
  };
  struct door {
    std::size_t parked = 0;
    bool closed = false;
    milliseconds pause = first_pause;
    time_point retry_at;
  };
  using groups = std::map<std::uint64_t, group>;
  std::optional<const query*> closed_for(const pending_unit& u) const;
  void leave(group& g);
  void enter(group& g, const query* what, time_point now);
  time_point due_at(const group& g) const;

  groups groups_;  ///< by order
  std::map<const query*, door> doors_;
  std::size_t units_ = 0;
};

}  // namespace nova::storage
