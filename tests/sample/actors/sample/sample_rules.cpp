#include "actors/sample/sample_rules.hpp"

#include "protocols/core/text.hpp"
#include "protocols/sample/sample.pb.h"

namespace nova::sample {

result<note_row> checked_note(const CreateNoteRequest& q, const uuid& id, unix_ms now,
                              const config::sample_settings& s) {
  error bad{errc::invalid_request, "Some fields are not valid."};
  if (count_code_points(q.text()) > s.note_code_points)
    bad.fields.push_back(
        {"text", "At most " + std::to_string(s.note_code_points) + " characters are allowed."});
  if (q.has_remind_at() && q.remind_at() <= now)
    bad.fields.push_back({"remind_at", "This time is over."});
  if (!bad.fields.empty()) return bad;
  note_row row{id, q.text(), now, std::nullopt};
  if (q.has_remind_at()) row.remind_at = q.remind_at();
  return row;
}

note_row welcome_note(const std::string& handle, const uuid& id, unix_ms now) {
  return {id, "Welcome, " + handle + '.', now, std::nullopt};
}

Note note_message(const note_row& row) {
  Note n;
  n.set_note_id(to_string(row.note_id));
  n.set_text(row.text);
  n.set_created_at(row.created_at);
  if (row.remind_at) n.set_remind_at(*row.remind_at);
  return n;
}

error no_such_note() { return {errc::not_found, "There is no such note."}; }

}  // namespace nova::sample
