// The named SQL of sample's database; sample_store.hpp makes statements of it.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::sample::queries {

extern const storage::query notebook;
extern const storage::query note;
extern const storage::query notes;

extern const storage::query insert_note;
extern const storage::query count_note;

/// All of the above, for a test that prepares each.
std::span<const storage::query* const> all();

}  // namespace nova::sample::queries
