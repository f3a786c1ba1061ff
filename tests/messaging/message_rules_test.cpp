// Rules of changes to messages, of blocks and of pages: faults P1, P2, P3, P6, M1, M3, A15.
#include "tests/messaging/rules_fixture.hpp"

#include "actors/messaging/page_rules.hpp"

namespace nova::messaging {

namespace {

struct changes_fixture : rules_fixture {
  changes_fixture() {
    for (auto client_id : {"a", "b", "c"})
      commit(conversation_entity::send(s, message(client_id, "x"), *context, none));
  }
  EditRequest edit(std::int64_t seq, std::string text) {
    EditRequest q;
    q.set_seq(seq);
    q.set_text(std::move(text));
    return q;
  }
  ReactRequest reaction(std::string emoji) {
    ReactRequest q;
    q.set_seq(1);
    q.set_emoji(std::move(emoji));
    return q;
  }
  /// The answers about a message and its reactions.
  runtime::reads with_reactions(std::vector<storage::value> cells) {
    runtime::reads r;
    r.append(storage::rows(3, {account(1), false, true}));
    r.append(storage::rows(3, std::move(cells)));
    return r;
  }
  /// What the statement that writes a message keeps beside its text.
  static storage::bytes extras_of(const storage::statement& written) {
    for (const auto& cell : written.params)
      if (const auto* packed = std::get_if<storage::bytes>(&cell)) return *packed;
    FAIL("a message is written with its extras");
    return {};
  }
  runtime::reads reads_of(storage::rows rows) {
    runtime::reads r;
    r.append(std::move(rows));
    return r;
  }
};

}  // namespace

TEST_CASE_FIXTURE(changes_fixture,
                  "P1: an edit and a recall take earlier edits out of what resumes are told") {
  auto edited = commit(conversation_entity::edit(s, edit(1, "second"), *context,
                                                 reads_of(stored_message(1, 1, "first"))));
  CHECK(has_statement(edited.statements, "messaging.delete_edits"));
  // The new change is stored behind that.
  CHECK(edited.statements.back().query->name == "messaging.insert_change");
  RecallRequest q;
  q.set_seq(1);
  auto recalled =
      commit(conversation_entity::recall(s, q, *context, reads_of({3, {account(1), false, true}})));
  CHECK(has_statement(recalled.statements, "messaging.delete_edits"));
  CHECK(recalled.statements.back().query->name == "messaging.insert_change");
}

TEST_CASE_FIXTURE(changes_fixture,
                  "P2: while a block stands nobody sends, edits or reacts; a recall goes through") {
  s.kind = conversation_kind::direct;
  s.blocked = true;
  CHECK(refused(conversation_entity::send(s, message("new", "x"), *context, none)) ==
        errc::blocked);
  CHECK(refused(conversation_entity::edit(s, edit(1, "y"), *context,
                                          reads_of(stored_message(1, 1, "x")))) == errc::blocked);
  CHECK(refused(conversation_entity::react(s, reaction("\U0001F44D"), *context,
                                           with_reactions({}))) == errc::blocked);
  RecallRequest q;
  q.set_seq(1);
  commit(conversation_entity::recall(s, q, *context, reads_of({3, {account(1), false, true}})));
}

TEST_CASE_FIXTURE(changes_fixture,
                  "P2: who may not write to a channel any more may not edit there; readers react") {
  s.kind = conversation_kind::channel;
  act_as(3);
  CHECK(refused(conversation_entity::edit(s, edit(1, "y"), *context,
                                          reads_of(stored_message(3, 1, "x")))) == errc::forbidden);
  commit(conversation_entity::react(s, reaction("\U0001F44D"), *context, with_reactions({})));
}

TEST_CASE_FIXTURE(
    changes_fixture,
    "P3: while a block stands no mark moves and no receipt is pushed; the device's mark is kept") {
  s.kind = conversation_kind::direct;
  s.blocked = true;
  act_as(2);
  MarkRequest q;
  q.set_seq(3);
  auto d = commit(conversation_entity::read(s, q, *context, none));
  CHECK(d.pushes.empty());
  REQUIRE(d.statements.size() == 1);
  CHECK(d.statements[0].query->name == "messaging.mark_device");
  CHECK(s.members[account(2)].read_seq == 0);
  CHECK(commit(conversation_entity::typing(s, {}, *context, none)).pushes.empty());
}

TEST_CASE_FIXTURE(changes_fixture, "A15.2: a mark that is known is not written again") {
  act_as(2);
  MarkRequest q;
  q.set_seq(3);
  CHECK(commit(conversation_entity::delivered(s, q, *context, none)).statements.size() == 2);
  CHECK(commit(conversation_entity::delivered(s, q, *context, none)).statements.empty());
  q.set_seq(1);
  CHECK(commit(conversation_entity::delivered(s, q, *context, none)).statements.empty());
}

TEST_CASE_FIXTURE(changes_fixture,
                  "M1: an edit changes the mentions, in the reply, the change and the row") {
  auto r = reads_of(stored_message(1, 1, "hi @bob_1"));
  r.append(storage::rows(3, {account(3), std::string("Eve"), std::string("Name")}));
  auto d = commit(conversation_entity::edit(s, edit(1, "hi @eve"), *context, r));
  const auto& reply = static_cast<const Message&>(*d.reply);
  REQUIRE(reply.mentions_size() == 1);
  CHECK(reply.mentions(0) == to_string(account(3)));
  const auto& change = static_cast<const Updated&>(d.pushes.at(0).push->body()).change();
  REQUIRE(change.mentions_size() == 1);
  CHECK(change.mentions(0) == to_string(account(3)));
  MessageExtras extras;
  for (const auto& cell : d.statements.at(0).params)
    if (const auto* packed = std::get_if<storage::bytes>(&cell))
      REQUIRE(extras.ParseFromString(packed->data));
  CHECK(extras.mentions_size() == 1);
  auto none_left = commit(conversation_entity::edit(s, edit(1, "hi"), *context,
                                                    reads_of(stored_message(1, 1, "hi @eve"))));
  CHECK(static_cast<const Message&>(*none_left.reply).mentions_size() == 0);
}

TEST_CASE_FIXTURE(
    changes_fixture,
    "M1: an edit keeps the account that a handle named, though another member has it by now") {
  const std::string before = "hi @bob_1 and @new";
  const auto sent =
      commit(conversation_entity::send(s, message("m", before), *context, people({{2, "bob_1"}})));
  s.handles.forget();
  auto r = reads_of(stored_message(1, 1, before, false, extras_of(sent.statements.at(0))));
  const auto q = edit(1, "still @bob_1 and @new");
  const auto asked = conversation_entity::edit(s, q, *context, r);
  REQUIRE(std::holds_alternative<runtime::need>(asked));
  const auto& items = std::get<runtime::need>(asked).items;
  REQUIRE(items.size() == 1);
  CHECK(std::get<std::vector<std::string>>(std::get<storage::statement>(items[0]).params.at(0)) ==
        std::vector<std::string>{"new"});
  r.append(people({{3, "bob_1"}, {3, "new"}}).rows(0));
  const auto first = commit(conversation_entity::edit(s, q, *context, r));
  const auto accounts = [](const auto& d) {
    const auto& m = static_cast<const Message&>(*d.reply);
    return std::vector<std::string>(m.mentions().begin(), m.mentions().end());
  };
  CHECK(accounts(first) == std::vector{to_string(account(2)), to_string(account(3))});

  s.handles.forget();
  const auto second = commit(conversation_entity::edit(
      s, edit(1, "@new or @BOB_1"), *context,
      reads_of(stored_message(1, 1, q.text(), false, extras_of(first.statements.at(0))))));
  CHECK(accounts(second) == std::vector{to_string(account(3)), to_string(account(2))});
  s.remove(account(2));
  const auto left = commit(conversation_entity::edit(
      s, edit(1, "@bob_1"), *context,
      reads_of(stored_message(1, 1, "@new or @BOB_1", false, extras_of(second.statements.at(0))))));
  CHECK(accounts(left).empty());
}

TEST_CASE_FIXTURE(changes_fixture,
                  "P6: variants of an emoji that look alike are one reaction; other text is none") {
  const std::string qualified = "\u2764\uFE0F";
  auto d = commit(conversation_entity::react(s, reaction("\u2764"), *context, with_reactions({})));
  CHECK(static_cast<const Updated&>(d.pushes.at(0).push->body()).change().emoji() == qualified);
  auto again = conversation_entity::react(s, reaction("\u2764"), *context,
                                          with_reactions({qualified, std::int64_t{1}, true}));
  CHECK(commit(std::move(again)).statements.empty());
  for (auto bad : {"heart", "+1", "\u202E", "\u200B"})
    CHECK(refused(conversation_entity::react(s, reaction(bad), *context, with_reactions({}))) ==
          errc::invalid_request);
  runtime::reads old;
  old.append(storage::rows(3, {std::string("heart"), std::int64_t{1}, true}));
  CHECK(has_statement(
      commit(conversation_entity::unreact(s, reaction("heart"), *context, old)).statements,
      "messaging.delete_reaction"));
}

TEST_CASE("M3: a page's cursor keeps both bounds") {
  HistoryRequest q;
  q.set_after_seq(10);
  q.set_before_seq(16);
  auto window = history_window_of(q);
  REQUIRE(window.has_value());
  q.set_cursor(cursor_behind(*window, 13));
  auto next = history_window_of(q);
  REQUIRE(next.has_value());
  CHECK(next->forward);
  CHECK(next->after == 13);
  CHECK(next->before == 16);
  for (auto old : {"before.17", "after.17"}) {
    q.set_cursor(old);
    CHECK(history_window_of(q).has_value());
  }
  for (auto bad :
       {"", "before", "before.", "after.x", "after.1.", "after.1.x", "after.1.2.3", "sideways.1"}) {
    q.set_cursor(bad);
    CHECK_FALSE(history_window_of(q).has_value());
  }
}

TEST_CASE_FIXTURE(changes_fixture, "P5: a title is a name: one line that shows something") {
  UpdateConversationRequest q;
  for (auto bad : {"a\u202Eb", "a\nb", "a\x07", "\u3164"}) {
    q.set_title(bad);
    CHECK(refused(conversation_entity::update_conversation(s, q, *context, none)) ==
          errc::invalid_request);
    CreateConversationRequest create;
    create.set_kind("group");
    create.set_title(bad);
    CHECK(refused(inbox_entity::create_conversation({}, create, *context, none)) ==
          errc::invalid_request);
  }
}

TEST_CASE_FIXTURE(changes_fixture, "M4: who creates a conversation alone is named in the answer") {
  CreateConversationRequest q;
  q.set_kind("group");
  REQUIRE(std::holds_alternative<runtime::need>(
      inbox_entity::create_conversation({}, q, *context, none)));
  auto out = inbox_entity::create_conversation({}, q, *context, people({{1, "ann"}}));
  REQUIRE(std::holds_alternative<runtime::decision<inbox_state>>(out));
  const auto& reply =
      static_cast<const Conversation&>(*std::get<runtime::decision<inbox_state>>(out).reply);
  REQUIRE(reply.members_size() == 1);
  CHECK(reply.members(0).handle() == "ann");
  CHECK(reply.members(0).display_name() == "Name");
}

}  // namespace nova::messaging
