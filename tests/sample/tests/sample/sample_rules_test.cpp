// What sample decides, without runtime and database.
#include "actors/sample/sample_rules.hpp"
#include "actors/sample/notebook_entity.hpp"
#include "actors/sample/sample_services.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/sample/sample.nova.hpp"
#include "protocols/sample/sample.pb.h"

#include <doctest/doctest.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>

using namespace nova;
using namespace nova::sample;
using decision = runtime::decision<notebook_state>;

namespace {

struct counting_random : random_source {
  std::uint8_t next = 1;
  void fill(std::span<std::uint8_t> out) override {
    std::ranges::generate(out, [this] { return next++; });
  }
};

uuid id(std::uint8_t n) {
  uuid out{};
  out.data[15] = n;
  return out;
}

struct notebook {
  notebook_state state{id(1), 0};
  rpc::caller caller{rpc::caller_kind::user, id(1), id(2), 7, "127.0.0.1", "test"};
  counting_random random;
  std::any services = std::make_shared<sample_services>(
      sample_services{{.note_code_points = 5, .notes_per_account = 2}});
  runtime::context context{"key", caller, 1'000, random, "request", "", 0, &services};
  runtime::reads none;

  notebook_entity::outcome create(std::string text,
                                  std::optional<unix_ms> remind_at = std::nullopt) {
    CreateNoteRequest q;
    q.set_text(std::move(text));
    if (remind_at) q.set_remind_at(*remind_at);
    auto out = notebook_entity::create_note(state, q, context, none);
    if (auto* d = std::get_if<decision>(&out)) d->apply(state);
    return out;
  }
};

runtime::reads with_notes(std::vector<uuid> ids) {
  std::vector<storage::value> cells;
  for (const auto& note : ids) {
    cells.insert(cells.end(),
                 {note, std::string("text"), storage::timestamp{1'000}, storage::value()});
  }
  runtime::reads r;
  r.append(storage::rows(4, std::move(cells)));
  return r;
}

}  // namespace

TEST_CASE("a note is written, counted, told to the account's other sockets and published") {
  notebook n;
  const auto out = n.create("hello");
  const auto& d = std::get<decision>(out);
  CHECK(dynamic_cast<const Note&>(*d.reply).text() == "hello");
  CHECK(d.statements.size() == 2);
  REQUIRE(d.events.size() == 1);
  CHECK(d.events[0].type == &note_written_event());
  REQUIRE(d.pushes.size() == 1);
  CHECK(d.pushes[0].origin == 7);
  CHECK(*d.pushes[0].to.accounts == std::vector{id(1)});
  CHECK(d.reminders.empty());
  CHECK(n.state.notes == 1);
}

TEST_CASE("all that is wrong with a note is said at once") {
  notebook n;
  const auto out = n.create("too long", 999);
  const auto& e = std::get<error>(out);
  CHECK(e.code == errc::invalid_request);
  REQUIRE(e.fields.size() == 2);
  CHECK(e.fields[0].field == "text");
  CHECK(e.fields[1].field == "remind_at");
  CHECK(n.state.notes == 0);
}

TEST_CASE("one note more than an account may keep is a conflict") {
  notebook n;
  n.create("one");
  n.create("two");
  CHECK(std::get<error>(n.create("three")).code == errc::conflict);
}

TEST_CASE("a note with a time sets a reminder, which pushes the note as it is stored then") {
  notebook n;
  const auto out = n.create("later", 5'000);
  const auto& d = std::get<decision>(out);
  REQUIRE(d.reminders.size() == 1);
  CHECK(d.reminders[0].due == 5'000);
  google::protobuf::StringValue name;
  name.set_value(d.reminders[0].name);
  CHECK(std::holds_alternative<runtime::need>(
      notebook_entity::on_due(n.state, name, n.context, n.none)));
  const auto due = notebook_entity::on_due(n.state, name, n.context, with_notes({id(9)}));
  REQUIRE(std::get<decision>(due).pushes.size() == 1);
  CHECK(&std::get<decision>(due).pushes[0].push->type() == &due_push());
  const auto gone = notebook_entity::on_due(n.state, name, n.context, with_notes({}));
  CHECK(std::get<decision>(gone).pushes.empty());
}

TEST_CASE("a page ends with a cursor when there is more") {
  notebook n;
  ListNotesRequest q;
  q.set_limit(2);
  CHECK(std::holds_alternative<runtime::need>(
      notebook_entity::list_notes(n.state, q, n.context, n.none)));
  const auto out =
      notebook_entity::list_notes(n.state, q, n.context, with_notes({id(5), id(4), id(3)}));
  const auto& page = dynamic_cast<const ListNotesReply&>(*std::get<decision>(out).reply);
  CHECK(page.items_size() == 2);
  CHECK(page.next_cursor() == to_string(id(4)));
  const auto last = notebook_entity::list_notes(n.state, q, n.context, with_notes({id(3)}));
  CHECK_FALSE(
      dynamic_cast<const ListNotesReply&>(*std::get<decision>(last).reply).has_next_cursor());
  q.set_cursor("not a cursor");
  CHECK(std::get<error>(notebook_entity::list_notes(n.state, q, n.context, n.none)).code ==
        errc::invalid_request);
}

TEST_CASE("a note that is not there is not found") {
  notebook n;
  GetNoteRequest q;
  q.set_note_id(to_string(id(9)));
  CHECK(std::get<error>(notebook_entity::get_note(n.state, q, n.context, with_notes({}))).code ==
        errc::not_found);
  const auto out = notebook_entity::get_note(n.state, q, n.context, with_notes({id(9)}));
  CHECK(dynamic_cast<const Note&>(*std::get<decision>(out).reply).note_id() == to_string(id(9)));
}

TEST_CASE("a new account gets one welcome, however often its event comes") {
  notebook n;
  auth::AccountRegistered e;
  e.set_handle("ada");
  e.set_registered_at(900);
  auto out = notebook_entity::on_account_registered(n.state, e, n.context, n.none);
  auto& d = std::get<decision>(out);
  CHECK(d.statements.size() == 2);
  d.apply(n.state);
  const auto again = notebook_entity::on_account_registered(n.state, e, n.context, n.none);
  CHECK(std::get<decision>(again).statements.empty());
}
