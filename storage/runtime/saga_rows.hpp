// Rows of the table `saga`, which every domain has, and the statements on it. Used by actors/runtime/sagas and by domains whose
// entities run a saga.
#pragma once

#include "storage/database/value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::storage {

enum class saga_phase : std::uint8_t {
  waiting,       ///< has not begun, and may be given up
  running,       ///< a step is ordered and not answered
  compensating,  ///< a step is being taken back
  stuck,         ///< a step is overdue or cannot be taken back: an operator looks
  done,
  undone,
};
std::string_view name_of(saga_phase p) noexcept;

struct saga_row {
  std::string id;
  std::string entity;  ///< key of the entity that runs it; empty: its record is all that remains
  saga_phase phase = saga_phase::waiting;
  std::int64_t step = 0;    ///< index of the step under way
  bool turned = false;      ///< steps are taken back
  std::string detail = {};  ///< a serialised message of the definition's own
  unix_ms started_at = 0;
  unix_ms step_at = 0;          ///< when the step was ordered, or the saga ended
  std::string definition = {};  ///< its name; read only
};

/// The saga that the entity runs now, if any.
statement saga_of_entity(std::string_view definition, std::string entity);
/// One by its id, ended or not.
statement find_saga(std::string_view definition, std::string id);
/// All of the domain that have not ended and were not waiting: (after_id, limit), by id.
statement open_sagas(std::string after_id, std::int64_t limit);
/// One by its id alone, ended or not.
statement saga_by_id(std::string id);
/// Of any of these.
std::vector<saga_row> read_sagas(const rows& r);
/// The first one.
std::optional<saga_row> read_saga(const rows& r);

/// Inserts or replaces.
statement save_saga(std::string_view definition, const saga_row& row);
statement delete_saga(std::string id);

}  // namespace nova::storage
