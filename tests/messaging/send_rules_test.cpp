// Rules of sending, marks and changes of messages.
#include "tests/messaging/rules_fixture.hpp"

namespace nova::messaging {

namespace {

const SendReply& reply_of(const runtime::decision<conversation_state>& d) {
  return static_cast<const SendReply&>(*d.reply);
}

storage::rows sent_before(std::int64_t seq, std::int64_t body_hash) {
  return {4, {seq, account(50), storage::timestamp{5}, body_hash}};
}

}  // namespace

TEST_CASE_FIXTURE(rules_fixture,
                  "messages are numbered from 1 without gaps and pushed to every member") {
  for (std::int64_t seq = 1; seq <= 3; ++seq) {
    auto d = commit(
        conversation_entity::send(s, message("c" + std::to_string(seq), "hello"), *context, none));
    CHECK(reply_of(d).seq() == seq);
    CHECK(d.statements.size() == 1);
    CHECK(d.events.size() == 1);
    REQUIRE(d.pushes.size() == 1);
    CHECK(d.pushes[0].to.accounts->size() == 3);
    CHECK(d.pushes[0].origin == 7);
  }
  CHECK(s.last_seq == 3);
}

TEST_CASE_FIXTURE(
    rules_fixture,
    "the same client_id with the same body gives the first answer, with another none") {
  auto first = commit(conversation_entity::send(s, message("c", "hello"), *context, none));
  auto repeat = commit(conversation_entity::send(s, message("c", "hello"), *context, none));
  CHECK(repeat.statements.empty());
  CHECK(repeat.pushes.empty());
  CHECK(reply_of(repeat).message_id() == reply_of(first).message_id());
  CHECK(refused(conversation_entity::send(s, message("c", "other"), *context, none)) ==
        errc::client_id_reused);
  auto replied = message("c", "hello");
  replied.set_reply_to(1);
  CHECK(refused(conversation_entity::send(s, replied, *context, none)) == errc::client_id_reused);
  act_as(2);  // another sender's client_id is another one
  CHECK(
      reply_of(commit(conversation_entity::send(s, message("c", "hello"), *context, none))).seq() ==
      2);
}

TEST_CASE_FIXTURE(
    rules_fixture,
    "a repeat that the window has forgotten is found in the database on the next attempt") {
  auto first = commit(conversation_entity::send(s, message("c", "hello"), *context, none));
  auto stored = sent_before(1, std::get<std::int64_t>(first.statements[0].params[5]));
  conversation_state cold;
  cold.exists = true;
  cold.id = s.id;
  cold.kind = s.kind;
  cold.members = s.members;
  cold.last_seq = 1;
  cold.recent.mark_incomplete();
  s = std::move(cold);
  CHECK(std::holds_alternative<runtime::decision<conversation_state>>(
      conversation_entity::send(s, message("c", "hello"), *context, none)));
  act_as(1, 1);
  auto asked = conversation_entity::send(s, message("c", "hello"), *context, none);
  REQUIRE(std::holds_alternative<runtime::need>(asked));
  runtime::reads r;
  r.append(stored);
  auto repeat = commit(conversation_entity::send(s, message("c", "hello"), *context, r));
  CHECK(repeat.statements.empty());
  CHECK(reply_of(repeat).seq() == 1);
  act_as(1, 0);  // from now on this sender is looked up beforehand
  CHECK(std::holds_alternative<runtime::need>(
      conversation_entity::send(s, message("d", "x"), *context, none)));
}

TEST_CASE_FIXTURE(rules_fixture, "what a message may not be") {
  CHECK(refused(conversation_entity::send(s, message("", "x"), *context, none)) ==
        errc::invalid_request);
  CHECK(refused(conversation_entity::send(s, message(std::string(65, 'c'), "x"), *context, none)) ==
        errc::invalid_request);
  CHECK(refused(conversation_entity::send(s, message("caf\xc3\xa9", "x"), *context, none)) ==
        errc::invalid_request);
  CHECK(refused(conversation_entity::send(s, message("c", ""), *context, none)) ==
        errc::invalid_request);
  auto reply = message("c", "x");
  reply.set_reply_to(1);
  CHECK(refused(conversation_entity::send(s, reply, *context, none)) == errc::invalid_request);
  act_as(9);
  CHECK(refused(conversation_entity::send(s, message("c", "x"), *context, none)) ==
        errc::not_found);
}

TEST_CASE_FIXTURE(rules_fixture,
                  "a blocked direct conversation refuses new messages and answers repeats") {
  s.kind = conversation_kind::direct;
  commit(conversation_entity::send(s, message("c", "hello"), *context, none));
  s.blocked = true;
  CHECK(refused(conversation_entity::send(s, message("d", "hello"), *context, none)) ==
        errc::blocked);
  CHECK(
      reply_of(commit(conversation_entity::send(s, message("c", "hello"), *context, none))).seq() ==
      1);
}

TEST_CASE_FIXTURE(rules_fixture, "in a channel only admins and owners send") {
  s.kind = conversation_kind::channel;
  act_as(3);
  CHECK(refused(conversation_entity::send(s, message("c", "x"), *context, none)) ==
        errc::forbidden);
  act_as(2);
  commit(conversation_entity::send(s, message("c", "x"), *context, none));
}

TEST_CASE_FIXTURE(rules_fixture, "handles in the text are looked up and become mentions") {
  auto q = message("c", "hi @Bob_1, mail me@example.org, @ab and @bob_1 again");
  auto asked = conversation_entity::send(s, q, *context, none);
  REQUIRE(std::holds_alternative<runtime::need>(asked));
  CHECK(std::get<runtime::need>(asked).meanwhile == runtime::meanwhile::holds);
  const auto& lookup = std::get<storage::statement>(std::get<runtime::need>(asked).items.at(0));
  CHECK(std::get<std::vector<std::string>>(lookup.params.at(0)) ==
        std::vector<std::string>{"bob_1"});
  auto d = commit(conversation_entity::send(s, q, *context, people({{2, "Bob_1"}})));
  const auto& pushed = static_cast<const Message&>(d.pushes[0].push->body());
  REQUIRE(pushed.mentions_size() == 1);
  CHECK(pushed.mentions(0) == to_string(account(2)));
}

TEST_CASE_FIXTURE(
    rules_fixture,
    "A11: a handle is asked for once; afterwards mentions need no read until members come") {
  commit(conversation_entity::send(s, message("c1", "hi @bob_1 and @nobody"), *context,
                                   people({{2, "bob_1"}})));
  auto d = commit(conversation_entity::send(s, message("c2", "@nobody, @bob_1!"), *context, none));
  CHECK(static_cast<const Message&>(d.pushes[0].push->body()).mentions_size() == 1);
  s.handles.forget();
  CHECK(std::holds_alternative<runtime::need>(
      conversation_entity::send(s, message("c3", "@bob_1"), *context, none)));
}

TEST_CASE_FIXTURE(rules_fixture,
                  "A11: a handle is asked for again after a while, and is then of the member who "
                  "has it") {
  commit(conversation_entity::send(s, message("c1", "hi @bob_1 and @new"), *context,
                                   people({{2, "bob_1"}})));
  const auto mentioned = [&](const char* client_id, const runtime::reads& r) {
    auto d = commit(conversation_entity::send(s, message(client_id, "@new, @bob_1"), *context, r));
    const auto& m = static_cast<const Message&>(d.pushes[0].push->body());
    return std::vector<std::string>(m.mentions().begin(), m.mentions().end());
  };
  context->now += known_handles::good_for_ms - 1;
  CHECK(mentioned("c2", none) == std::vector{to_string(account(2))});
  context->now += 1;
  CHECK(std::holds_alternative<runtime::need>(
      conversation_entity::send(s, message("c3", "@new, @bob_1"), *context, none)));
  CHECK(mentioned("c3", people({{2, "new"}, {3, "bob_1"}})) ==
        std::vector{to_string(account(2)), to_string(account(3))});
  // A handle that was known when another one was asked for, and is no longer when the answer comes.
  context->now += known_handles::good_for_ms - 1;
  CHECK(std::holds_alternative<runtime::need>(
      conversation_entity::send(s, message("c4", "@bob_1 and @late"), *context, none)));
  context->now += 1;
  auto d = commit(conversation_entity::send(s, message("c4", "@bob_1 and @late"), *context,
                                            people({{3, "bob_1"}})));
  const auto& m = static_cast<const Message&>(d.pushes[0].push->body());
  CHECK(m.mentions_size() == 1);
}

TEST_CASE_FIXTURE(
    rules_fixture,
    "M2: fifty handles that nobody has leave room for a member, and strangers are not mentioned") {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "@nobody_" + std::to_string(i) + ' ';
  auto q = message("c", text + "@bob_1 @stranger");
  auto d =
      commit(conversation_entity::send(s, q, *context, people({{2, "bob_1"}, {9, "stranger"}})));
  const auto& pushed = static_cast<const Message&>(d.pushes[0].push->body());
  REQUIRE(pushed.mentions_size() == 1);
  CHECK(pushed.mentions(0) == to_string(account(2)));
}

TEST_CASE_FIXTURE(rules_fixture, "marks only move forward, and reading is delivery") {
  for (int i = 0; i < 5; ++i)
    commit(conversation_entity::send(s, message("c" + std::to_string(i), "x"), *context, none));
  act_as(3);
  MarkRequest q;
  q.set_seq(4);
  auto d = commit(conversation_entity::read(s, q, *context, none));
  CHECK(d.statements.size() == 2);  // the device's mark and the member's
  CHECK(d.pushes.size() == 1);
  CHECK(s.members[account(3)].read_seq == 4);
  CHECK(s.members[account(3)].delivered_seq == 4);
  q.set_seq(2);
  CHECK(commit(conversation_entity::read(s, q, *context, none)).pushes.empty());
  CHECK(s.members[account(3)].read_seq == 4);
  q.set_seq(99);  // beyond the last message: as far as there is one
  commit(conversation_entity::delivered(s, q, *context, none));
  CHECK(s.members[account(3)].delivered_seq == 5);
  CHECK(s.members[account(3)].read_seq == 4);
  q.set_seq(-1);
  CHECK(refused(conversation_entity::read(s, q, *context, none)) == errc::invalid_request);
}

TEST_CASE_FIXTURE(rules_fixture, "only the sender recalls, once, and the change gets a rev") {
  commit(conversation_entity::send(s, message("c", "x"), *context, none));
  RecallRequest q;
  q.set_seq(1);
  runtime::reads r;
  r.append(storage::rows(3, {account(1), false, true}));
  act_as(2);
  CHECK(refused(conversation_entity::recall(s, q, *context, r)) == errc::forbidden);
  act_as(1);
  auto d = commit(conversation_entity::recall(s, q, *context, r));
  CHECK(s.rev == 1);
  const auto& u = static_cast<const Updated&>(d.pushes.at(0).push->body());
  CHECK(u.rev() == 1);
  CHECK(u.seq() == 1);
  CHECK(u.change().kind() == "recalled");
  runtime::reads again;
  again.append(storage::rows(3, {account(1), true, false}));
  CHECK(commit(conversation_entity::recall(s, q, *context, again)).statements.empty());
  q.set_seq(2);
  CHECK(refused(conversation_entity::recall(s, q, *context, none)) == errc::not_found);
}

TEST_CASE("the window of recent sends is bounded and knows when it is no longer complete") {
  recent_sends window;
  for (int i = 0; i < 5; ++i) window.remember(account(1), std::to_string(i), {i, {}, 0, 0}, 3);
  CHECK(window.size() == 3);
  CHECK_FALSE(window.complete());
  CHECK(window.find(account(1), "1") == nullptr);
  REQUIRE(window.find(account(1), "4") != nullptr);
  CHECK(window.find(account(1), "4")->seq == 4);
}

}  // namespace nova::messaging
