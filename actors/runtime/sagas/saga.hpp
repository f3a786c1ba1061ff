// A saga: what one entity does in several domains, step by step, so that all of it is done or taken back. A definition is a
// table of steps. A step leaves as an event of the starting domain, lands in the other domain by its intake, and is answered
// by an event of that domain. So order, retry and dead letters are those of events, and nothing is lost by a crash.
//
// The functions here are pure: row in, move out. The entity that runs the saga puts the move into its decision with
// `carry_out`, and passes answers and reminders on. Used by actors/auth (deletion).
#pragma once

#include "actors/runtime/api/decision.hpp"
#include "storage/runtime/saga_rows.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace nova::runtime {

using saga_row = storage::saga_row;
using saga_phase = storage::saga_phase;

struct saga_step {
  std::string_view name;
  std::string_view domain;  ///< the domain that carries it out
  std::chrono::milliseconds
      deadline;             ///< an answer that is later makes the saga `stuck` until it comes
  std::string_view reason;  ///< why the step exists; operators read it
  /// Events of the starting domain that order the step. `again` tells them once more, so that each domain takes a repeat without harm.
  std::vector<event> (*command)(const saga_row&);
  /// Events that take the step back; null: it cannot be taken back, or need not be.
  std::vector<event> (*compensation)(const saga_row&) = nullptr;
};

struct saga_definition {
  std::string_view name;
  std::vector<saga_step> steps;
};

/// One reminder an entity: its saga goes on, or is overdue.
inline constexpr std::string_view saga_reminder = "saga";

/// The next move: the row as it will be, the events to tell, and when to look again.
struct saga_move {
  saga_row next;
  std::vector<event> events;
  std::optional<unix_ms> remind_at;
};

/// Orders the first step of a waiting saga; a saga without steps is done at once.
saga_move begin(const saga_definition& d, saga_row row, unix_ms now);
/// The answer of a step. A failed one turns the saga around: the steps before it are taken back, the last one first. Empty: the
/// saga waits for another answer, and this one has no effect.
std::optional<saga_move> answered(const saga_definition& d, saga_row row, std::string_view step,
                                  bool succeeded, unix_ms now);
/// The reminder of a saga under way is due: past the deadline it is stuck, visibly. Its answer still moves it on.
saga_move overdue(const saga_definition& d, saga_row row, unix_ms now);
/// For operators: orders the step under way once more.
saga_move again(const saga_definition& d, saga_row row, unix_ms now);
/// For operators: takes back the step under way and those before it. Empty: the saga is taken back already, has ended or has
/// not begun, or none of these steps can be taken back.
std::optional<saga_move> taken_back(const saga_definition& d, saga_row row, unix_ms now);

/// Puts a move into the decision of the entity that runs the saga; `apply` is the entity's own matter.
template <class State>
void carry_out(decision<State>& d, std::string_view definition, saga_move& m) {
  d.statements.push_back(storage::save_saga(definition, m.next));
  std::move(m.events.begin(), m.events.end(), std::back_inserter(d.events));
  d.reminders.push_back({std::string(saga_reminder), m.remind_at.value_or(0), !m.remind_at});
}

}  // namespace nova::runtime
