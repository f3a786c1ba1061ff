// Handlers of notebook_entity. Reads are addressed by their position: each handler asks in a fixed order.
#include "actors/sample/notebook_entity.hpp"
#include "actors/sample/sample_rules.hpp"
#include "actors/sample/sample_services.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/core/page.hpp"
#include "protocols/sample/sample.nova.hpp"
#include "protocols/sample/sample.pb.h"
#include "storage/sample/sample_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::sample {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<notebook_state>;
using outcome = notebook_entity::outcome;

runtime::audience owner_of(const notebook_state& s) {
  return {std::make_shared<const std::vector<uuid>>(1, s.account)};
}

// Rows, event, push and reminder of a new note: they commit together, and leave after the commit.
decision write(const notebook_state& s, const note_row& row, const context& c) {
  decision d;
  d.statements = {store::insert_note(s.account, row), store::count_note(s.account)};
  NoteWritten written;
  written.set_account_id(to_string(s.account));
  written.set_note_id(to_string(row.note_id));
  d.events.push_back({&note_written_event(), runtime::share(std::move(written))});
  NotePush push;
  *push.mutable_note() = note_message(row);
  d.pushes.push_back({owner_of(s), make_push(std::move(push)), c.caller.connection});
  if (row.remind_at) d.reminders.push_back({to_string(row.note_id), *row.remind_at});
  d.apply = [](notebook_state& x) { ++x.notes; };
  return d;
}

}  // namespace

outcome notebook_entity::create_note(const notebook_state& s, const CreateNoteRequest& q,
                                     const context& c, const reads&) {
  const auto& settings = c.service<sample_services>().settings;
  if (s.notes >= settings.notes_per_account)
    return make_error(errc::conflict, "This account keeps as many notes as it may.");
  const auto row = checked_note(q, c.new_id(), c.now, settings);
  if (row.has_error()) return row.error();
  auto d = write(s, *row, c);
  d.reply = runtime::share(note_message(*row));
  return d;
}

outcome notebook_entity::get_note(const notebook_state& s, const GetNoteRequest& q, const context&,
                                  const reads& r) {
  const auto id = parse_uuid(q.note_id());
  if (!id) return no_such_note();
  if (r.size() == 0) return need{{store::note(s.account, *id)}};
  const auto found = read_notes(r.rows(0));
  if (found.empty()) return no_such_note();
  decision d;
  d.reply = runtime::share(note_message(found.front()));
  return d;
}

outcome notebook_entity::list_notes(const notebook_state& s, const ListNotesRequest& q,
                                    const context&, const reads& r) {
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  std::optional<uuid> before;
  if (q.has_cursor() && !(before = parse_uuid(q.cursor())))
    return invalid_field("cursor", "This is not a cursor that was given out.");
  if (r.size() == 0) return need{{store::notes(s.account, before, *limit + 1)}};
  ListNotesReply reply;
  for (const auto& row : read_notes(r.rows(0))) {
    if (reply.items_size() == *limit) {
      reply.set_next_cursor(reply.items(reply.items_size() - 1).note_id());
      break;
    }
    *reply.add_items() = note_message(row);
  }
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

outcome notebook_entity::on_account_registered(const notebook_state& s,
                                               const auth::AccountRegistered& e, const context& c,
                                               const reads&) {
  if (s.notes > 0) return decision{};
  return write(s, welcome_note(e.handle(), c.new_id(), e.registered_at()), c);
}

outcome notebook_entity::on_due(const notebook_state& s, const google::protobuf::StringValue& name,
                                const context&, const reads& r) {
  const auto id = parse_uuid(name.value());
  if (!id) return decision{};
  if (r.size() == 0) return need{{store::note(s.account, *id)}};
  const auto found = read_notes(r.rows(0));
  decision d;
  if (found.empty()) return d;
  DuePush push;
  *push.mutable_note() = note_message(found.front());
  d.pushes.push_back({owner_of(s), make_push(std::move(push))});
  return d;
}

}  // namespace nova::sample
