// Rules of creating conversations and of resuming.
#include "actors/messaging/resume_rules.hpp"
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

// A row of positions: counters, the device's mark, the account's own marks.
std::vector<storage::value> position(const uuid& conversation, std::int64_t rev, std::int64_t last,
                                     std::int64_t device, unix_ms marked_at = 0,
                                     std::int64_t pruned_rev = 0) {
  return {conversation,
          rev,
          last,
          device,
          std::int64_t{2},
          std::int64_t{3},
          marked_at == 0 ? storage::value() : storage::value(storage::timestamp{marked_at}),
          pruned_rev};
}

storage::rows positions(std::initializer_list<std::vector<storage::value>> list) {
  std::vector<storage::value> cells;
  for (const auto& row : list) cells.insert(cells.end(), row.begin(), row.end());
  return {8, cells};
}

storage::rows heads(std::initializer_list<uuid> conversations) {
  std::vector<storage::value> cells;
  for (const auto& id : conversations)
    cells.insert(cells.end(), {id, std::int64_t{2}, std::string("tea"), std::int64_t{3}});
  return {4, cells};
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
  r.append(storage::rows(1, {true}));
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
  exists.append(storage::rows(1, {false}));  // an existing one goes on under any setting
  auto second = inbox_entity::create_conversation(inbox, q, *context, exists);
  REQUIRE(std::holds_alternative<runtime::need>(second));
  CHECK(std::get<runtime::need>(second).items.size() == 2);
}

TEST_CASE_FIXTURE(
    rules_fixture,
    "P4: the setting of the other refuses a new direct conversation, behind not_found and "
    "blocked") {
  auto q = create("direct", {2});
  auto code = [&](runtime::reads::item persons, runtime::reads::item blocks) {
    runtime::reads r;
    r.append(storage::rows());
    r.append(storage::rows(1, {false}));
    r.append(std::move(persons));
    r.append(std::move(blocks));
    auto out = inbox_entity::create_conversation({}, q, *context, r);
    return std::holds_alternative<error>(out) ? std::get<error>(out).code : errc::internal;
  };
  CHECK(code(known({1, 2}), storage::rows()) == errc::forbidden);
  CHECK(code(known({1, 2}), storage::rows(1, {account(1)})) == errc::blocked);
}

TEST_CASE_FIXTURE(rules_fixture,
                  "R4: a watch carries when each account was last online, as far as is "
                  "kept") {
  SubscribePresenceRequest q;
  for (std::uint8_t n : {2, 3, 4}) q.add_account_ids(to_string(account(n)));
  runtime::reads r;
  r.append(storage::rows(1, {account(2), account(4)}));  // 3 does not allow it
  r.append(
      storage::rows(2, {account(3), storage::timestamp{30}, account(4), storage::timestamp{40}}));
  auto out = inbox_entity::subscribe_presence({}, q, *context, r);
  REQUIRE(std::holds_alternative<runtime::decision<inbox_state>>(out));
  const auto& watch = std::get<runtime::decision<inbox_state>>(out).watches.at(0);
  CHECK(watch.accounts == std::vector<uuid>{account(2), account(4)});
  CHECK(watch.last_seen == std::vector<unix_ms>{0, 40});
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
  r.append(positions({position(conversation, 0, 1000, 0), position(account(81), 0, 9, 0)}));
  auto asked = inbox_entity::missed({}, q, *context, r);
  REQUIRE(std::holds_alternative<runtime::need>(asked));
  const auto& read = std::get<storage::statement>(std::get<runtime::need>(asked).items.at(0));
  CHECK(std::get<std::vector<uuid>>(read.params.at(0)) == std::vector<uuid>{conversation});
  CHECK(std::get<std::vector<std::int64_t>>(read.params.at(1)) == std::vector<std::int64_t>{500});
  r.append(message_rows(conversation, 501, 1000));
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
    r.append(positions({position(conversation, 2, 5, 0)}));
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
  r.append(positions({position(conversation, 0, 5, 5)}));
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
  r.append(positions({position(conversation, 300, 9, 0)}));
  auto asked = inbox_entity::missed({}, q, *context, r);
  REQUIRE(std::holds_alternative<runtime::need>(asked));
  REQUIRE(std::get<runtime::need>(asked).items.size() == 4);
  const auto& spans = std::get<storage::statement>(std::get<runtime::need>(asked).items[1]);
  using numbers = std::vector<std::int64_t>;
  CHECK(std::get<numbers>(spans.params.at(1)) == numbers{40});
  CHECK(std::get<numbers>(spans.params.at(2)) == numbers{44});  // 300 - 256
  CHECK(std::get<numbers>(spans.params.at(3)) == numbers{9});
  r.append(storage::rows());
  r.append(storage::rows(3, {conversation, std::int64_t{2}, std::int64_t{7}}));
  r.append(heads({conversation}));
  r.append(storage::rows());
  auto out = inbox_entity::missed({}, q, *context, r);
  REQUIRE(std::holds_alternative<runtime::decision<inbox_state>>(out));
  const auto& reply = static_cast<const session::MissedReply&>(
      *std::get<runtime::decision<inbox_state>>(out).reply);
  REQUIRE(reply.items_size() == 2);
  CHECK(reply.items(1).method() == "messaging.conversation");
  CHECK(gap_in(reply.items(0)).from_seq() == 2);
  CHECK(gap_in(reply.items(0)).to_seq() == 7);
  seen.set_rev(44);
  runtime::reads enough;
  enough.append(positions({position(conversation, 300, 9, 0)}));
  CHECK(std::get<runtime::need>(inbox_entity::missed({}, q, *context, enough)).items.size() == 1);
}

TEST_CASE_FIXTURE(
    rules_fixture,
    "A5: changes behind a replay are looked at up to a limit; beyond, the gap goes over "
    "all that was seen") {
  session::MissedRequest q;
  q.set_has_seen(true);
  std::vector<storage::value> cells;
  for (std::uint8_t n = 1; n <= 30; ++n) {
    auto& seen = (*q.mutable_seen())[to_string(account(n))];
    seen.set_seq(9);
    seen.set_rev(0);
    const auto row = position(account(n), n == 1 ? 300'000 : 1'100, 9, 0);
    cells.insert(cells.end(), row.begin(), row.end());
  }
  runtime::reads r;
  r.append(storage::rows(8, cells));
  const auto plan = plan_resume(q, read_positions(r.rows(0)), {}, settings_of(*context));
  REQUIRE(plan.debts.size() == 30);
  std::int64_t looked_at = 0, replayed = 0;
  for (const auto& d : plan.debts) {
    const auto here = d.left_out.upto - d.left_out.after;
    CHECK(here <= spans_each);
    CHECK((here > 0 || (d.gap_from == 1 && d.gap_to == 9)));
    looked_at += here;
    replayed += d.changes.upto - d.changes.after;
  }
  CHECK(plan.debts[0].gap_to == 9);
  CHECK(looked_at > spans_each);
  CHECK(looked_at <= spans_total);
  CHECK(replayed <= settings_of(*context).resume_changes_total);
}

TEST_CASE_FIXTURE(
    rules_fixture,
    "A10: a client that is behind the changes that are kept gets those that are, and a gap over "
    "the messages that it has") {
  const auto behind = account(80), level = account(81), silent = account(82), ahead = account(83);
  session::MissedRequest q;
  q.set_has_seen(true);
  auto see = [&](const uuid& conversation, std::int64_t seq, std::optional<std::int64_t> rev) {
    auto& seen = (*q.mutable_seen())[to_string(conversation)];
    seen.set_seq(seq);
    if (rev) seen.set_rev(*rev);
  };
  see(behind, 9, 6);
  see(level, 9, 7);
  see(silent, 9, std::nullopt);
  see(ahead, 9, 13);
  runtime::reads r;
  std::vector<storage::value> cells;
  for (const auto& id : {behind, level, silent, ahead}) {
    const auto row = position(id, 12, 9, 0, 0, 7);
    cells.insert(cells.end(), row.begin(), row.end());
  }
  r.append(storage::rows(8, cells));
  const auto plan = plan_resume(q, read_positions(r.rows(0)), {}, settings_of(*context));
  REQUIRE(plan.debts.size() == 4);
  for (const auto& d : plan.debts) {
    const bool lacks = d.at.conversation == behind;
    CAPTURE(d.at.conversation.data[15]);
    CHECK(d.changes.after == 7);
    CHECK(d.changes.upto == 12);
    CHECK(d.left_out.upto == 0);
    CHECK(d.whole == lacks);
    if (d.at.conversation == ahead) continue;
    CHECK(d.gap_from == (lacks ? 1 : 0));
    CHECK(d.gap_to == (lacks ? 9 : 0));
  }
}

TEST_CASE_FIXTURE(rules_fixture, "R1: a resume tells what changed for the account itself") {
  const auto kept = account(80), left = account(81), joined = account(82);
  session::MissedRequest q;
  q.set_since(1'000);
  for (bool by_seen : {true, false}) {
    CAPTURE(by_seen);
    q.set_has_seen(by_seen);
    if (by_seen) (*q.mutable_seen())[to_string(kept)].set_seq(5);
    if (by_seen) (*q.mutable_seen())[to_string(left)].set_seq(2);
    if (!by_seen) q.clear_seen();
    runtime::reads r;
    r.append(positions({position(kept, 0, 5, 5, 2'000), position(joined, 0, 0, 0),
                        position(account(83), 0, 1, 1, 999)}));
    if (by_seen) (*q.mutable_seen())[to_string(account(83))].set_seq(1);
    if (!by_seen) r.append(storage::rows(1, {left}));
    REQUIRE(std::holds_alternative<runtime::need>(inbox_entity::missed({}, q, *context, r)));
    r.append(heads({joined}));
    r.append(storage::rows());
    auto out = inbox_entity::missed({}, q, *context, r);
    REQUIRE(std::holds_alternative<runtime::decision<inbox_state>>(out));
    const auto& reply = static_cast<const session::MissedReply&>(
        *std::get<runtime::decision<inbox_state>>(out).reply);
    REQUIRE(reply.items_size() == 3);
    ConversationPush gone, whole;
    Receipt own;
    CHECK(reply.items(0).method() == "messaging.conversation");
    REQUIRE(gone.ParseFromString(reply.items(0).params()));
    CHECK(gone.conversation_id() == to_string(left));
    CHECK(gone.removed());
    CHECK(reply.items(1).method() == "messaging.receipt");
    REQUIRE(own.ParseFromString(reply.items(1).params()));
    CHECK(own.account_id() == to_string(account(1)));
    CHECK(own.read_seq() == 2);
    REQUIRE(whole.ParseFromString(reply.items(2).params()));
    CHECK(whole.conversation_id() == to_string(joined));
    CHECK(whole.title() == "tea");
    CHECK_FALSE(whole.removed());
  }
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
