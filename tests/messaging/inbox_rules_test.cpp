// Rules of creating conversations and of resuming.
#include "tests/messaging/rules_fixture.hpp"

namespace nova::messaging {

namespace {

CreateConversationRequest create(std::string kind, std::initializer_list<std::uint8_t> members) {
  CreateConversationRequest q;
  q.set_kind(std::move(kind));
  for (auto n : members) q.add_member_ids(to_string(account(n)));
  return q;
}

runtime::reads::item known(std::initializer_list<std::uint8_t> accounts) {
  std::vector<storage::value> cells;
  for (auto n : accounts)
    cells.insert(cells.end(), {account(n), std::string("h"), std::string("N")});
  return storage::rows(3, cells);
}

storage::rows message_rows(const uuid& conversation, std::int64_t from, std::int64_t to) {
  std::vector<storage::value> cells;
  for (auto seq = from; seq <= to; ++seq) {
    std::vector<storage::value> row = {conversation,
                                       seq,
                                       std::int64_t{0},
                                       account(60),
                                       account(1),
                                       std::string("c"),
                                       std::string("t"),
                                       storage::bytes{},
                                       {},
                                       storage::timestamp{1},
                                       {},
                                       false,
                                       {},
                                       {},
                                       {}};
    cells.insert(cells.end(), row.begin(), row.end());
  }
  return {15, cells};
}

session::Gap gap_in(const session::Push& item) {
  session::Gap out;
  REQUIRE(item.method() == "session.gap");
  REQUIRE(out.ParseFromString(item.params()));
  return out;
}

Message message_in(const session::Push& item) {
  Message out;
  REQUIRE(item.method() == "messaging.message");
  REQUIRE(out.ParseFromString(item.params()));
  return out;
}

}  // namespace

TEST_CASE_FIXTURE(rules_fixture, "a direct conversation is made once for a pair") {
  inbox_state inbox;
  auto q = create("direct", {2});
  runtime::reads r;
  REQUIRE(std::holds_alternative<runtime::need>(
      inbox_entity::create_conversation(inbox, q, *context, r)));
  r.append(storage::rows());
  REQUIRE(std::holds_alternative<runtime::need>(
      inbox_entity::create_conversation(inbox, q, *context, r)));
  r.append(known({1, 2}));
  r.append(storage::rows());
  auto out = inbox_entity::create_conversation(inbox, q, *context, r);
  REQUIRE(std::holds_alternative<runtime::decision<inbox_state>>(out));
  const auto& d = std::get<runtime::decision<inbox_state>>(out);
  CHECK(d.statements.size() == 4);
  const auto& reply = static_cast<const Conversation&>(*d.reply);
  REQUIRE(reply.members_size() == 2);
  CHECK(reply.members(0).handle() == "h");
  CHECK(reply.members(1).display_name() == "N");
  CHECK_FALSE(reply.existing());

  runtime::reads exists;
  exists.append(storage::rows(1, {account(77)}));
  auto second = inbox_entity::create_conversation(inbox, q, *context, exists);
  REQUIRE(std::holds_alternative<runtime::need>(second));
  CHECK(std::get<runtime::need>(second).items.size() == 2);
}

TEST_CASE_FIXTURE(rules_fixture, "what a conversation may not be") {
  inbox_state inbox;
  auto code = [&](const CreateConversationRequest& q) {
    return refused(inbox_entity::create_conversation(inbox, q, *context, none));
  };
  CHECK(code(create("party", {2})) == errc::invalid_request);
  CHECK(code(create("direct", {})) == errc::invalid_request);
  CHECK(code(create("direct", {1})) == errc::invalid_request);
  CHECK(code(create("direct", {2, 3})) == errc::invalid_request);
}

TEST_CASE_FIXTURE(rules_fixture,
                  "a resume replays what is missing in order and says what it leaves out") {
  auto conversation = account(80);
  session::MissedRequest q;
  q.set_has_seen(true);
  (*q.mutable_seen())[to_string(conversation)].set_seq(3);
  (*q.mutable_seen())[to_string(account(81))].set_seq(9);
  runtime::reads r;
  r.append(storage::rows(4, {conversation, std::int64_t{0}, std::int64_t{1000}, std::int64_t{0},  //
                             account(81), std::int64_t{0}, std::int64_t{9}, std::int64_t{0}}));
  auto asked = inbox_entity::missed({}, q, *context, r);
  REQUIRE(std::holds_alternative<runtime::need>(asked));
  const auto& read = std::get<storage::statement>(std::get<runtime::need>(asked).items.at(0));
  CHECK(std::get<std::vector<uuid>>(read.params.at(0)) == std::vector<uuid>{conversation});
  CHECK(std::get<std::vector<std::int64_t>>(read.params.at(1)) == std::vector<std::int64_t>{500});
  r.append(message_rows(conversation, 501, 1000));
  r.append(storage::rows());
  auto out = inbox_entity::missed({}, q, *context, r);
  REQUIRE(std::holds_alternative<runtime::decision<inbox_state>>(out));
  const auto& reply = static_cast<const session::MissedReply&>(
      *std::get<runtime::decision<inbox_state>>(out).reply);
  REQUIRE(reply.items_size() == 501);
  CHECK(gap_in(reply.items(0)).from_seq() == 4);
  CHECK(gap_in(reply.items(0)).to_seq() == 500);
  for (int i = 1; i <= 500; ++i) CHECK(message_in(reply.items(i)).seq() == 500 + i);
}

TEST_CASE_FIXTURE(
    rules_fixture,
    "R3: a client that has seen more than there is gets a gap from 1 and starts anew") {
  auto conversation = account(80);
  for (bool by_rev : {false, true}) {
    session::MissedRequest q;
    q.set_has_seen(true);
    auto& seen = (*q.mutable_seen())[to_string(conversation)];
    seen.set_seq(by_rev ? 5 : 999);
    if (by_rev) seen.set_rev(70);
    runtime::reads r;
    r.append(storage::rows(4, {conversation, std::int64_t{2}, std::int64_t{5}, std::int64_t{0}}));
    REQUIRE(std::holds_alternative<runtime::need>(inbox_entity::missed({}, q, *context, r)));
    r.append(message_rows(conversation, 1, 5));
    r.append(storage::rows());
    auto out = inbox_entity::missed({}, q, *context, r);
    const auto& reply = static_cast<const session::MissedReply&>(
        *std::get<runtime::decision<inbox_state>>(out).reply);
    REQUIRE(reply.items_size() == 6);
    CHECK(gap_in(reply.items(0)).from_seq() == 1);
    CHECK(gap_in(reply.items(0)).to_seq() == 5);
    CHECK(message_in(reply.items(1)).seq() == 1);
  }
}

TEST_CASE_FIXTURE(
    rules_fixture,
    "R2: a client that has seen nothing is replayed from 1, whatever its device confirmed") {
  auto conversation = account(80);
  session::MissedRequest q;
  q.set_has_seen(true);
  runtime::reads r;
  r.append(storage::rows(4, {conversation, std::int64_t{0}, std::int64_t{5}, std::int64_t{5}}));
  auto asked = inbox_entity::missed({}, q, *context, r);
  REQUIRE(std::holds_alternative<runtime::need>(asked));
  const auto& read = std::get<storage::statement>(std::get<runtime::need>(asked).items.at(0));
  CHECK(std::get<std::vector<std::int64_t>>(read.params.at(1)) == std::vector<std::int64_t>{0});
}

TEST_CASE_FIXTURE(rules_fixture,
                  "changes that are too many to be replayed leave a gap over their messages") {
  auto conversation = account(80);
  session::MissedRequest q;
  q.set_has_seen(true);
  auto& seen = (*q.mutable_seen())[to_string(conversation)];
  seen.set_seq(9);
  seen.set_rev(40);
  runtime::reads r;
  r.append(storage::rows(4, {conversation, std::int64_t{300}, std::int64_t{9}, std::int64_t{0}}));
  auto asked = inbox_entity::missed({}, q, *context, r);
  REQUIRE(std::holds_alternative<runtime::need>(asked));
  REQUIRE(std::get<runtime::need>(asked).items.size() == 3);
  const auto& spans = std::get<storage::statement>(std::get<runtime::need>(asked).items[2]);
  using numbers = std::vector<std::int64_t>;
  CHECK(std::get<numbers>(spans.params.at(1)) == numbers{40});
  CHECK(std::get<numbers>(spans.params.at(2)) == numbers{44});  // 300 - 256
  CHECK(std::get<numbers>(spans.params.at(3)) == numbers{9});
  r.append(storage::rows());
  r.append(storage::rows());
  r.append(storage::rows(3, {conversation, std::int64_t{2}, std::int64_t{7}}));
  auto out = inbox_entity::missed({}, q, *context, r);
  REQUIRE(std::holds_alternative<runtime::decision<inbox_state>>(out));
  const auto& reply = static_cast<const session::MissedReply&>(
      *std::get<runtime::decision<inbox_state>>(out).reply);
  REQUIRE(reply.items_size() == 1);
  CHECK(gap_in(reply.items(0)).from_seq() == 2);
  CHECK(gap_in(reply.items(0)).to_seq() == 7);
  seen.set_rev(44);
  runtime::reads enough;
  enough.append(
      storage::rows(4, {conversation, std::int64_t{300}, std::int64_t{9}, std::int64_t{0}}));
  CHECK(std::get<runtime::need>(inbox_entity::missed({}, q, *context, enough)).items.size() == 2);
}

TEST_CASE_FIXTURE(rules_fixture, "a cursor that names no possible time is refused") {
  inbox_state inbox;
  ListConversationsRequest q;
  auto outcome_of = [&](const std::string& time) {
    q.set_cursor(time + '.' + to_string(s.id));
    return inbox_entity::list_conversations(inbox, q, *context, none);
  };
  CHECK(std::holds_alternative<runtime::need>(outcome_of("1800000000000")));
  for (auto time : {"9223372036854775807", "-1", "9223372036854775808"})
    CHECK(refused(outcome_of(time)) == errc::invalid_request);
}

}  // namespace nova::messaging
