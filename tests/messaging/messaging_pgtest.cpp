// messaging's SQL against the real schema, and a group of 10,000.
#include "storage/postgres/conninfo.hpp"
#include "storage/runtime/migrations.hpp"
#include "tests/messaging/messaging_node.hpp"

namespace nova::messaging {

TEST_CASE_FIXTURE(messaging_node, "every query fits the schema and the run-time role") {
  connection c(database.conninfo);
  for (const auto* q : queries::all()) {
    auto* done =
        PQprepare(c.handle, std::string(q->name).c_str(), std::string(q->sql).c_str(), 0, nullptr);
    CHECK_MESSAGE(PQresultStatus(done) == PGRES_COMMAND_OK,
                  q->name << ": " << PQerrorMessage(c.handle));
    PQclear(done);
  }
}

TEST_CASE(
    "P1: earlier texts of edited and recalled messages leave when an old database is migrated") {
  const auto made = test::postgres_fixture::instance().bare();
  const auto role = storage::embedded_postgres::runtime_role(made.domain);
  const auto migrated_to = [&](std::size_t last) {
    const storage::migration_set sets[] = {
        {"runtime", storage::runtime_migrations()},
        {"messaging", storage::messaging_migrations().first(last)}};
    return storage::migrate(made.owner_conninfo, role, sets).has_value();
  };
  REQUIRE(migrated_to(1));
  auto db = std::move(*storage::blocking_connection::open(made.owner_conninfo));
  // Message 1 was edited twice, 2 was edited and recalled, 3 was edited once and got a reaction.
  REQUIRE(db.script(R"(
    INSERT INTO message (conversation_id, seq, message_id, sender_id, client_id, body_hash, rev, text, extras, sent_at, recalled)
      SELECT '00000000-0000-7000-8000-000000000001', n, gen_random_uuid(), gen_random_uuid(), n::text, 0, 0, '', '', now(), n = 2
      FROM generate_series(1, 3) n;
    INSERT INTO change (conversation_id, rev, seq, body, at)
      SELECT '00000000-0000-7000-8000-000000000001', rev, seq, body::bytea, now() FROM (VALUES
        (1, 1, '\x0a06656469746564' || encode('first', 'hex')), (2, 2, '\x0a06656469746564' || encode('recalled', 'hex')),
        (3, 1, '\x0a06656469746564' || encode('second', 'hex')), (4, 3, '\x0a06656469746564' || encode('only', 'hex')),
        (5, 3, '\x0a087265616374696f6e')) x (rev, seq, body))")
              .has_value());
  const auto kept = [&] {
    return *db.text("SELECT string_agg(rev::text, '' ORDER BY rev) FROM change");
  };
  CHECK(kept() == "12345");
  REQUIRE(migrated_to(storage::messaging_migrations().size()));
  CHECK(kept() == "345");
}

TEST_CASE_FIXTURE(messaging_node, "a group of 10,000 members works, also after a restart") {
  constexpr std::uint32_t members = 10'000;
  know_persons(members + 1);
  CreateConversationRequest create;
  create.set_kind("group");
  create.set_title("everybody");
  for (std::uint32_t n = 2; n <= members + 1; ++n) create.add_member_ids(to_string(person(n)));
  auto made = call<messaging_interface::create_conversation>(1, create);
  REQUIRE(made.has_value());
  CHECK(made->member_count() == members + 1);

  constexpr std::uint32_t sockets = 2'000;
  auto attach_some = [&] {
    for (std::uint32_t n = 1; n <= sockets; ++n) attach(n * 5, n);
  };
  attach_some();
  for (std::int64_t seq = 1; seq <= 20; ++seq) {
    auto sent =
        send(static_cast<std::uint32_t>(seq * 400), made->conversation_id(), std::to_string(seq));
    REQUIRE(sent.has_value());
    CHECK(sent->seq() == seq);
    CHECK(sink.wait_for(seq, sockets));
  }
  RemoveMemberRequest leave;
  leave.set_conversation_id(made->conversation_id());
  leave.set_account_id(to_string(person(5)));
  CHECK(call<messaging_interface::remove_member>(5, leave).has_value());

  restart();
  attach_some();
  CHECK(send(9'999, made->conversation_id(), "after").value().seq() == 21);
  CHECK(sink.wait_for(21, sockets - 1));  // all but the one who left
  CHECK(send(8'000, made->conversation_id(), "20").value().seq() == 20);
  CHECK(send(5, made->conversation_id(), "gone").error().code == errc::not_found);

  std::set<std::string> listed;
  ListMembersRequest page;
  page.set_conversation_id(made->conversation_id());
  page.set_limit(200);
  for (bool more = true; more;) {
    auto got = call<messaging_interface::list_members>(7, page);
    REQUIRE(got.has_value());
    for (const auto& m : got->items()) CHECK(listed.insert(m.account_id()).second);
    more = got->has_next_cursor();
    page.set_cursor(got->next_cursor());
  }
  CHECK(listed.size() == members);
}

TEST_CASE_FIXTURE(messaging_node,
                  "a client_id that memory has forgotten is still good for one message only") {
  know_persons(2);
  CreateConversationRequest create;
  create.set_kind("direct");
  create.add_member_ids(to_string(person(2)));
  auto made = call<messaging_interface::create_conversation>(1, create);
  REQUIRE(made.has_value());
  for (std::int64_t seq = 1; seq <= 600; ++seq)
    REQUIRE(send(1, made->conversation_id(), std::to_string(seq)).value().seq() == seq);
  restart();  // the newest 256 are loaded: 3 is not among them
  CHECK(send(2, made->conversation_id(), "3").value().seq() == 601);
  CHECK(send(1, made->conversation_id(), "3").value().seq() == 3);
  CHECK(send(1, made->conversation_id(), "601").value().seq() == 602);
}

TEST_CASE_FIXTURE(
    messaging_node,
    "M1: a mention keeps its account through an edit after its handle went to another "
    "member") {
  know_persons(3);
  ask("UPDATE person SET handle = 'bob' WHERE handle = 'p2'");
  CreateConversationRequest create;
  create.set_kind("group");
  for (std::uint32_t n = 2; n <= 3; ++n) create.add_member_ids(to_string(person(n)));
  const auto conversation = call<messaging_interface::create_conversation>(1, create).value();
  SendRequest q;
  q.set_conversation_id(conversation.conversation_id());
  q.set_client_id("a");
  q.set_text("hi @bob");
  REQUIRE(call<messaging_interface::send>(1, q).value().seq() == 1);
  restart();
  ask("UPDATE person SET handle = CASE handle WHEN 'bob' THEN 'robert' ELSE 'bob' END WHERE "
      "handle IN ('bob', 'p3')");
  EditRequest edit;
  edit.set_conversation_id(q.conversation_id());
  edit.set_seq(1);
  const auto mentioned = [](const Message& m) {
    return std::vector<std::string>(m.mentions().begin(), m.mentions().end());
  };
  using ids = std::vector<std::string>;
  edit.set_text("hello @Bob");
  CHECK(mentioned(call<messaging_interface::edit>(1, edit).value()) == ids{to_string(person(2))});
  restart();
  edit.set_text("@robert, that is @bob");
  CHECK(mentioned(call<messaging_interface::edit>(1, edit).value()) == ids{to_string(person(2))});
  edit.set_text("nobody");
  CHECK(mentioned(call<messaging_interface::edit>(1, edit).value()).empty());
  edit.set_text("now @bob");
  CHECK(mentioned(call<messaging_interface::edit>(1, edit).value()) == ids{to_string(person(3))});
}

TEST_CASE_FIXTURE(messaging_node,
                  "A10: marks of devices leave in steps once no session can be so old") {
  constexpr int old_marks = 1'200;  // more than two steps
  stop();                           // whose retention would take some before they are counted
  ask("INSERT INTO device_mark SELECT gen_random_uuid(), gen_random_uuid(), 1, now() - CASE WHEN "
      "n <= " +
      std::to_string(old_marks) +
      " THEN interval '121 days' ELSE interval '119 days' END FROM generate_series(1, 1203) n");
  restart();  // the first look is at the start
  CHECK(fixture.until([&] { return ask("SELECT count(*) FROM device_mark") == "3"; }));
  CHECK(fixture.until([&] { return deleted("device_mark") == old_marks; }));
}

TEST_CASE_FIXTURE(messaging_node,
                  "A10: old changes leave in steps, and a resume that is behind them is told a "
                  "gap") {
  know_persons(2);
  CreateConversationRequest create;
  create.set_kind("direct");
  create.add_member_ids(to_string(person(2)));
  const auto made = call<messaging_interface::create_conversation>(1, create).value();
  for (int n = 1; n <= 3; ++n)
    REQUIRE(send(1, made.conversation_id(), std::to_string(n)).has_value());
  constexpr int old_changes = 1'200;  // more than two steps
  stop();                             // whose retention would take some before they are counted
  ask("INSERT INTO change SELECT conversation_id, n, 1 + n % 3, '', now() - CASE WHEN n <= " +
      std::to_string(old_changes) +
      " THEN interval '121 days' ELSE interval '119 days' END FROM conversation, "
      "generate_series(1, 1203) n");
  ask("UPDATE conversation SET rev = 1203");
  restart();
  CHECK(fixture.until([&] { return ask("SELECT count(*) FROM change") == "3"; }));
  CHECK(fixture.until([&] { return deleted("change") == old_changes; }));
  CHECK(ask("SELECT pruned_rev FROM conversation") == "1200");
  for (const std::int64_t rev : {1'199, 1'200}) {
    session::MissedRequest q;
    q.set_has_seen(true);
    auto& seen = (*q.mutable_seen())[made.conversation_id()];
    seen.set_seq(3);
    seen.set_rev(rev);
    const auto told = call<messaging_interface::missed>(1, q).value();
    std::map<std::string, int> pushes;
    for (const auto& item : told.items()) ++pushes[item.method()];
    CHECK(pushes["messaging.updated"] == 3);
    CHECK(pushes["session.gap"] == (rev < 1'200 ? 1 : 0));
  }
}

TEST_CASE_FIXTURE(messaging_node,
                  "A10: a conversation that its last member left goes with all its parts, in "
                  "steps; others stay") {
  know_persons(2);
  CreateConversationRequest create;
  create.set_kind("group");
  create.set_title("tea");
  const auto left = call<messaging_interface::create_conversation>(1, create).value();
  const auto stays = call<messaging_interface::create_conversation>(1, create).value();
  for (const auto& c : {left, stays}) {
    REQUIRE(send(1, c.conversation_id(), "one").has_value());
    ReactRequest react;
    react.set_conversation_id(c.conversation_id());
    react.set_seq(1);
    react.set_emoji("👍");
    REQUIRE(call<messaging_interface::react>(1, react).has_value());
  }
  ask("INSERT INTO message SELECT '" + left.conversation_id() +
      "', n, gen_random_uuid(), gen_random_uuid(), n::text, 0, 0, 'x', '', NULL, now() FROM "
      "generate_series(2, 1200) n");  // more than two steps
  RemoveMemberRequest leave;
  leave.set_conversation_id(left.conversation_id());
  leave.set_account_id(to_string(person(1)));
  REQUIRE(call<messaging_interface::remove_member>(1, leave).has_value());
  CHECK(ask("SELECT count(*) FROM conversation WHERE emptied_at IS NOT NULL") == "1");
  restart();
  CHECK(ask("SELECT count(*) FROM message") == "1201");  // its time is not over yet
  ask("UPDATE conversation SET emptied_at = emptied_at - interval '31 days'");
  restart();
  CHECK(fixture.until([&] { return ask("SELECT count(*) FROM message") == "1"; }));
  restart();  // the next look
  CHECK(fixture.until([&] { return ask("SELECT count(*) FROM conversation") == "1"; }));
  for (const std::string table : {"reaction", "reaction_count", "message", "change"})
    CHECK(ask("SELECT count(*) = 0 FROM " + table + " WHERE conversation_id = '" +
              left.conversation_id() + "'") == "t");
  CHECK(send(1, stays.conversation_id(), "two").value().seq() == 2);
  CHECK(send(1, left.conversation_id(), "two").error().code == errc::not_found);
}

}  // namespace nova::messaging
