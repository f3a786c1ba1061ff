// Seats an occupant in a CAF actor. Each wake-up gives the occupant one turn. An exception ends the actor, and its
// supervisor seats a new occupant. Used by node.cpp.
#pragma once

#include "actors/runtime/kernel/metrics.hpp"
#include "actors/runtime/kernel/seat.hpp"
#include "actors/runtime/kernel/supervisor.hpp"

#include <functional>
#include <memory>
#include <string>

namespace nova::runtime {

/// The last message and error of a seat's occupant, for the crash report.
struct last_words {
  std::mutex mutex;
  std::string message;
  std::string error;
};

/// A permanent child of a supervisor that sits on `s`. `s` must outlive the child.
child_spec seat_child(seat& s, class_metrics& counters, std::function<steady_time()> now,
                      std::chrono::milliseconds grace);

}  // namespace nova::runtime
