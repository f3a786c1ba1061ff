// The pure decisions of sample: the rules of a note, and its view for clients. Called by the handlers; no state, no clock,
// no database.
#pragma once

#include "config/settings/sample_settings.hpp"
#include "protocols/core/error.hpp"
#include "storage/sample/sample_rows.hpp"

namespace nova::sample {

class CreateNoteRequest;
class Note;

/// The note of a request that arrives at `now`. All faults of the fields are reported at once, as `invalid_request`.
result<note_row> checked_note(const CreateNoteRequest& q, const uuid& id, unix_ms now,
                              const config::sample_settings& s);

/// The first note of a new account.
note_row welcome_note(const std::string& handle, const uuid& id, unix_ms now);

Note note_message(const note_row& row);

error no_such_note();

}  // namespace nova::sample
