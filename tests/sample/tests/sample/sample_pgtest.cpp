// sample on a real runtime and a real PostgreSQL, beside auth, whose events it takes.
#include "actors/auth/auth_descriptor.hpp"
#include "actors/sample/sample_descriptor.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/sample/sample.nova.hpp"
#include "protocols/sample/sample.pb.h"
#include "storage/sample/sample_queries.hpp"
#include "tests/support/domain_node.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace nova;
using namespace nova::sample;

namespace {

config::auth_settings cheap_passwords() {
  config::auth_settings s;
  s.password_opslimit = 1;
  s.password_memory_kib = 8;
  return s;
}

struct world : test::domain_node {
  world()
      : domain_node({test::part_of(auth::descriptor(), cheap_passwords()),
                     test::part_of(sample::descriptor())}) {}

  rpc::caller register_account(const std::string& handle, rpc::connection_id connection) {
    auth::RegisterRequest q;
    q.set_email(handle + "@example.org");
    q.set_handle(handle);
    q.set_password("correct horse battery staple");
    const auto tokens = call<auth::auth_interface::register_>(q).value();
    return test::caller_of(*parse_uuid(tokens.account_id()), *parse_uuid(tokens.session_id()),
                           connection);
  }
  result<Note> create(const rpc::caller& as, std::string text, std::int64_t remind_in_ms = 0,
                      std::string key = {}) {
    CreateNoteRequest q;
    q.set_text(std::move(text));
    if (remind_in_ms != 0) q.set_remind_at(now() + remind_in_ms);
    return call<sample_interface::create_note>(q, as, std::move(key));
  }
  ListNotesReply list(const rpc::caller& as, std::int64_t limit = 50,
                      const std::string& cursor = {}) {
    ListNotesRequest q;
    q.set_limit(limit);
    if (!cursor.empty()) q.set_cursor(cursor);
    return call<sample_interface::list_notes>(q, as).value();
  }
};

}  // namespace

TEST_CASE("PostgreSQL accepts every query") {
  world w;
  CHECK(test::unpreparable(w.conninfo("sample"), queries::all()) == std::vector<std::string>());
}

TEST_CASE(
    "notes are kept over a restart and listed page by page; an account begins with a welcome") {
  world w;
  const auto ada = w.register_account("ada", 1);
  REQUIRE(w.until([&] { return w.list(ada).items_size() == 1; }));
  CHECK(w.list(ada).items(0).text() == "Welcome, ada.");

  const auto note = w.create(ada, "first").value();
  CHECK(w.create(ada, "second", 0, "key-1").value().note_id() ==
        w.create(ada, "second", 0, "key-1").value().note_id());
  w.restart();

  const auto page = w.list(ada, 2);
  REQUIRE(page.items_size() == 2);
  // Notes of one millisecond come in any order.
  CHECK(std::set{page.items(0).text(), page.items(1).text()} ==
        std::set<std::string>{"first", "second"});
  const auto rest = w.list(ada, 2, page.next_cursor());
  REQUIRE(rest.items_size() == 1);
  CHECK(rest.items(0).text() == "Welcome, ada.");

  GetNoteRequest q;
  q.set_note_id(note.note_id());
  CHECK(w.call<sample_interface::get_note>(q, ada).value().text() == "first");
  const auto bob = w.register_account("bob", 2);
  CHECK(w.call<sample_interface::get_note>(q, bob).error().code == errc::not_found);
}

TEST_CASE("the account's other sockets learn of a note, and all of them when its time has come") {
  world w;
  const auto ada = w.register_account("ada", 1);
  REQUIRE(w.until([&] { return w.list(ada).items_size() == 1; }));
  w.attach(1, ada.account);
  w.attach(2, ada.account);
  REQUIRE(w.create(ada, "later", 2'000).has_value());
  CHECK(w.until([&] {
    return w.pushes(2) == std::vector<std::string>{"sample.note", "sample.due"};
  }));
  CHECK(w.until([&] { return !w.pushes(1).empty() && w.pushes(1).back() == "sample.due"; }));
}
