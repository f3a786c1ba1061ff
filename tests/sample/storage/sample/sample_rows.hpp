// Rows of sample's tables as structs; made from query results by actors/sample.
#pragma once

#include "storage/database/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nova::sample {

struct note_row {
  uuid note_id{};
  std::string text;
  unix_ms created_at = 0;
  std::optional<unix_ms> remind_at;
};

/// From store::notebook: the number of notes.
std::int64_t read_count(const storage::rows& r);
/// From store::note and store::notes.
std::vector<note_row> read_notes(const storage::rows& r);

}  // namespace nova::sample
