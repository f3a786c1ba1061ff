// Seats an occupant in a CAF actor: each wake-up gives it one turn; an exception ends it and its
// supervisor seats another. Used by node.cpp.
#pragma once

#include "actors/runtime/kernel/metrics.hpp"
#include "actors/runtime/kernel/seat.hpp"
#include "actors/runtime/kernel/supervisor.hpp"

#include <functional>
#include <memory>
#include <string>

namespace nova::runtime {

/// What the crash report says of a seat's last occupant.
struct last_words {
  std::mutex mutex;
  std::string message;
  std::string error;
};

/// A permanent child of a supervisor that sits on `s`, which must outlive it.
child_spec seat_child(seat& s, class_metrics& counters, std::function<steady_time()> now,
                      std::chrono::milliseconds grace);

}  // namespace nova::runtime
