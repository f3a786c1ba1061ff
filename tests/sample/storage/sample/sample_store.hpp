// Statements on sample's tables, typed. Called by actors/sample; executed by the runtime.
#pragma once

#include "storage/sample/sample_rows.hpp"

namespace nova::sample::store {

storage::statement notebook(const uuid& account);
storage::statement note(const uuid& account, const uuid& note);
/// The newest `limit` notes, or those older than `before`.
storage::statement notes(const uuid& account, const std::optional<uuid>& before,
                         std::int64_t limit);

/// Refused as a conflict when the note exists.
storage::statement insert_note(const uuid& account, const note_row& row);
storage::statement count_note(const uuid& account);

}  // namespace nova::sample::store
