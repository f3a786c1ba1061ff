// core review A5: what is kept equals a recount after any acts, and no page costs more because there is more elsewhere.
#include "storage/messaging/messaging_store.hpp"
#include "tests/messaging/messaging_node.hpp"

#include <algorithm>
#include <random>

namespace nova::messaging {

namespace {

struct kept_counts : messaging_node {
  std::string make_group(std::uint32_t members) {
    CreateConversationRequest q;
    q.set_kind("group");
    for (std::uint32_t n = 2; n <= members; ++n) q.add_member_ids(to_string(person(n)));
    auto made = call<messaging_interface::create_conversation>(1, q);
    REQUIRE(made.has_value());
    return made->conversation_id();
  }

  template <class Request>
  static Request about(const std::string& conversation) {
    Request q;
    q.set_conversation_id(conversation);
    return q;
  }

  void act(std::mt19937_64& random, const std::string& in) {
    const auto who = static_cast<std::uint32_t>(1 + random() % 4);
    const auto seq = static_cast<std::int64_t>(1 + random() % 150);
    switch (random() % 16) {
      case 0: {
        auto q = about<MarkRequest>(in);
        q.set_seq(seq);
        return void(call<messaging_interface::read>(who, q));
      }
      case 1: {
        auto q = about<RecallRequest>(in);
        q.set_seq(seq);
        return void(call<messaging_interface::recall>(who, q));
      }
      case 2:
      case 3:
      case 4: {
        auto q = about<ReactRequest>(in);
        q.set_seq(1 + seq % 8);
        q.set_emoji(random() % 2 ? "\U0001F44D" : "\u2764");
        if (random() % 3) return void(call<messaging_interface::react>(who, q));
        return void(call<messaging_interface::unreact>(who, q));
      }
      case 5: {
        auto q = about<AddMembersRequest>(in);
        for (std::uint32_t n = 5; n < 5 + random() % 40; ++n)
          q.add_member_ids(to_string(person(n)));
        return void(call<messaging_interface::add_members>(1, q));
      }
      case 6: {
        auto q = about<RemoveMemberRequest>(in);
        q.set_account_id(to_string(person(static_cast<std::uint32_t>(2 + random() % 40))));
        return void(call<messaging_interface::remove_member>(1, q));
      }
      default: return void(send(who, in, std::to_string(random())));
    }
  }

  void check_recount() {
    CHECK(ask("SELECT count(*) FROM conversation c WHERE member_count <> (SELECT count(*) FROM "
              "member m WHERE m.conversation_id = c.conversation_id)") == "0");
    CHECK(ask("SELECT count(*) FROM reaction_count c FULL JOIN (SELECT r.conversation_id, r.seq, "
              "emoji, count(*) AS n FROM reaction r JOIN message m USING (conversation_id, seq) "
              "WHERE NOT m.recalled GROUP BY 1, 2, 3) x USING (conversation_id, seq, emoji) WHERE "
              "c.n IS DISTINCT FROM x.n") == "0");
    CHECK(
        ask("SELECT count(*) FROM (SELECT conversation_id, sender_id, (seq + 31) / 32 * 32 AS seq "
            "FROM message GROUP BY 1, 2, 3) b JOIN (SELECT conversation_id, max(seq) AS top FROM "
            "message GROUP BY 1) t USING (conversation_id) LEFT JOIN sent s ON s.conversation_id "
            "= b.conversation_id AND s.account_id = b.sender_id AND s.seq = b.seq WHERE b.seq <= "
            "t.top AND s.n IS DISTINCT FROM (SELECT count(*) FROM message m WHERE "
            "m.conversation_id = b.conversation_id AND m.sender_id = b.sender_id AND m.seq <= "
            "b.seq)") == "0");
    CHECK(
        ask("SELECT count(*) FROM member m JOIN conversation c USING (conversation_id) CROSS JOIN "
            "LATERAL (SELECT coalesce((SELECT sent_at FROM message x WHERE x.conversation_id = "
            "c.conversation_id ORDER BY seq DESC LIMIT 1), c.created_at) AS at) l WHERE "
            "m.active_at "
            "> l.at OR m.active_at < l.at - interval '2 seconds'") == "0");
  }

  // Returns how many of the conversations have more unread than a page counts one by one.
  int check_unread(std::uint32_t who) {
    int many = 0;
    ListConversationsRequest q;
    auto list = call<messaging_interface::list_conversations>(who, q);
    REQUIRE(list.has_value());
    for (const auto& c : list->items()) {
      CAPTURE(c.conversation_id());
      many += c.unread() > 64;
      CHECK(std::to_string(c.unread()) ==
            ask("SELECT count(*) FROM message m JOIN member o USING (conversation_id) WHERE "
                "o.account_id = '" +
                to_string(person(who)) + "' AND m.conversation_id = '" + c.conversation_id() +
                "' AND m.seq > o.read_seq AND m.sender_id <> o.account_id AND NOT m.recalled"));
    }
    return many;
  }

  // Blocks of the buffer pool that a statement touches, with its plan for these values and for any.
  std::int64_t buffers(const storage::query& q, const std::string& types, const std::string& values,
                       bool generic) {
    connection c(database.conninfo);
    auto run = [&](const std::string& sql) {
      auto* r = PQexec(c.handle, sql.c_str());
      std::string out;
      if (PQresultStatus(r) == PGRES_TUPLES_OK) out = PQgetvalue(r, 0, 0);
      else CHECK_MESSAGE(PQresultStatus(r) == PGRES_COMMAND_OK, PQresultErrorMessage(r));
      PQclear(r);
      return out;
    };
    run(std::string("SET plan_cache_mode = force_") + (generic ? "generic" : "custom") + "_plan");
    run("PREPARE s (" + types + ") AS " + std::string(q.sql));
    run("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE s (" + values + ")");
    const auto plan =
        run("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE s (" + values + ")");
    auto number = [&](const std::string& name) {
      const auto at = plan.find("\"" + name + "\": ");
      REQUIRE(at != plan.npos);
      return std::stoll(plan.substr(at + name.size() + 4));
    };
    return number("Shared Hit Blocks") + number("Shared Read Blocks");
  }
};

std::string quoted(const uuid& id) { return "'" + to_string(id) + "'"; }

}  // namespace

TEST_CASE_FIXTURE(kept_counts, "A5: what is kept is the recount after any history of acts") {
  know_persons(50);
  std::mt19937_64 random{20'260'101};
  std::vector<std::string> conversations{make_group(4), make_group(4), make_group(30)};
  int many = 0;
  for (int round = 0; round < 4; ++round) {
    for (int n = 0; n < 250; ++n) act(random, conversations[random() % conversations.size()]);
    check_recount();
    for (std::uint32_t who = 1; who <= 4; ++who) many += check_unread(who);
    if (round == 1) restart();
  }
  CHECK(many > 3);
}

TEST_CASE_FIXTURE(kept_counts, "A5: a list is in the order of the last activity, page by page") {
  // Places lie up to 2 s before the activity; every seventh conversation has none.
  ask("INSERT INTO conversation (conversation_id, kind, created_by, created_at, rev, member_count) "
      "SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 2, " +
      quoted(person(1)) +
      ", to_timestamp(1700000000) + (n * 7919 % 300) * interval '173 ms', 0, 1 FROM "
      "generate_series(1, 300) n");
  ask("INSERT INTO member (conversation_id, account_id, role, joined_at, read_seq, delivered_seq, "
      "active_at) SELECT conversation_id, " +
      quoted(person(1)) +
      ", 3, created_at, 0, 0, CASE WHEN row_number() OVER () % 7 = 0 THEN NULL ELSE created_at - "
      "(row_number() OVER () * 127 % 2001) * interval '1 ms' END FROM conversation");
  std::vector<std::string> seen;
  ListConversationsRequest q;
  for (bool more = true; more;) {
    q.set_limit(1 + static_cast<std::int64_t>(seen.size() % 13));
    auto page = call<messaging_interface::list_conversations>(1, q);
    REQUIRE(page.has_value());
    for (const auto& c : page->items()) seen.push_back(c.conversation_id());
    more = page->has_next_cursor();
    q.set_cursor(page->next_cursor());
  }
  REQUIRE(seen.size() == 300);
  std::string all;
  for (const auto& id : seen) all += (all.empty() ? "" : ",") + id;
  CHECK(ask("SELECT string_agg(conversation_id::text, ',' ORDER BY created_at DESC, "
            "conversation_id DESC) FROM conversation") == all);
}

TEST_CASE_FIXTURE(kept_counts, "A5: no page reads more because there is more elsewhere") {
  // Person 1: 20,000 conversations, one of them with 40,000 messages of its own, unread. Person 2: sixty.
  ask("CREATE FUNCTION id(n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$SELECT "
      "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid$$");
  ask("INSERT INTO conversation (conversation_id, kind, created_by, created_at, rev, member_count) "
      "SELECT id(n), 2, id(1), to_timestamp(1700000000) + n * interval '1 s', 0, 2 FROM "
      "generate_series(1, 20060) n");
  for (const auto* who : {"CASE WHEN n <= 20000 THEN id(1) ELSE id(2) END", "id(n + 100000)"})
    ask("INSERT INTO member (conversation_id, account_id, role, joined_at, read_seq, "
        "delivered_seq, active_at) SELECT id(n), " +
        std::string(who) +
        ", 1, now(), 0, 0, to_timestamp(1700000000) + n * interval '1 s' FROM "
        "generate_series(1, 20060) n");
  const std::string message =
      "INSERT INTO message (conversation_id, seq, message_id, sender_id, client_id, body_hash, "
      "rev, "
      "text, extras, sent_at, reacted) SELECT ";
  ask(message +
      "id(n), 1, id(n), id(n + 100000), 'c', 0, 0, 'text', '', to_timestamp(1700000000) + "
      "n * interval '1 s', n > 20000 FROM generate_series(1, 20060) n");
  ask(message +
      "id(20000), n, id(n), id(1), 'c' || n, 0, 0, 'text', '', to_timestamp(1700020000), "
      "n > 39990 FROM generate_series(2, 40000) n");
  ask("INSERT INTO sent SELECT id(20000), id(1), n * 32, n * 32 - 1 FROM generate_series(1, 1250) "
      "n");
  ask("INSERT INTO reaction SELECT id(20000), m, id(n), chr(128077), now() FROM "
      "generate_series(39991, 40000) m, generate_series(1, 3000) n");
  ask("INSERT INTO reaction SELECT id(n), 1, id(1), chr(128077), now() FROM generate_series(20001, "
      "20060) n");
  ask("INSERT INTO reaction_count SELECT conversation_id, seq, emoji, count(*), min(at) FROM "
      "reaction GROUP BY 1, 2, 3");
  ask("INSERT INTO block SELECT id(n % 1000), id(n) FROM generate_series(1, 200000) n ON CONFLICT "
      "DO NOTHING");
  know_persons(50'000);
  ask("VACUUM ANALYZE");
  namespace q = queries;
  const std::string now = "to_timestamp(1800000000)", nil = "id(0)";
  for (bool generic : {false, true}) {
    CAPTURE(generic);
    auto list = [&](const std::string& who) {
      return buffers(q::list_conversations, "uuid, timestamptz, uuid, bigint, bigint",
                     who + ", " + now + ", " + nil + ", 51, 2000", generic);
    };
    const auto few = list("id(2)");
    CHECK(list("id(1)") < few + 200);
    CHECK(few < 51 * 25);
    auto history = [&](const std::string& conversation, const std::string& before) {
      return buffers(q::history_back, "uuid, bigint, bigint, bigint, uuid",
                     "id(" + conversation + "), " + before + ", 0, 51, id(1)", generic);
    };
    CHECK(history("20000", "40001") < 51 * 8);
    CHECK(buffers(q::message_reactions, "uuid, bigint, uuid", "id(20000), 40000, id(1)", generic) <
          16);
    CHECK(buffers(q::conversation_summary, "uuid, uuid", "id(20000), id(1)", generic) < 60);
    for (int others : {10, 1'000}) {
      CAPTURE(others);
      const auto ids =
          "'" +
          ask("SELECT array_agg(id(n)) FROM generate_series(1, " + std::to_string(others) + ") n") +
          "'";
      // Two look-ups of four blocks at most for each account that the call names.
      CHECK(buffers(q::blocks_between, "uuid, uuid[]", "id(500000), " + ids, generic) <
            others * 8 + 50);
      CHECK(buffers(q::known_persons, "uuid[]", ids, generic) < others * 5 + 50);
    }
  }
}

TEST_CASE_FIXTURE(kept_counts,
                  "A5: a recall does not wait for its reactions; they are deleted in steps") {
  know_persons(4);
  const auto in = make_group(3);
  REQUIRE(send(1, in, "one").has_value());
  auto q = about<ReactRequest>(in);
  q.set_seq(1);
  q.set_emoji("\U0001F44D");
  for (std::uint32_t who : {1u, 2u, 3u})
    REQUIRE(call<messaging_interface::react>(who, q).has_value());
  auto recall = about<RecallRequest>(in);
  recall.set_seq(1);
  REQUIRE(call<messaging_interface::recall>(1, recall).has_value());
  CHECK(ask("SELECT count(*) FROM reaction_count") == "0");
  // All of them are to be deleted, or the node has done so already.
  CHECK(ask("SELECT count(*) FROM reaction r WHERE NOT EXISTS (SELECT FROM taken_back t WHERE "
            "t.seq = "
            "r.seq)") == "0");
  ask("DELETE FROM taken_back");
  ask("DELETE FROM reaction");
  // Of the future, so that the node's own steps leave it alone.
  ask("INSERT INTO taken_back VALUES (" + quoted(person(9)) + ", 7, now() + interval '1 hour')");
  ask("INSERT INTO reaction SELECT " + quoted(person(9)) +
      ", 7, gen_random_uuid(), 'x', now() FROM "
      "generate_series(1, 3)");
  const auto step = store::retained({}).front();
  auto carry_out = [&](const storage::query* what, int most) {
    return ask("PREPARE s (timestamptz, bigint) AS " + std::string(what->sql) +
               "; EXECUTE s (now() + interval '2 hours', " + std::to_string(most) + ")");
  };
  auto left = [&] {
    return ask("SELECT count(*) FROM reaction WHERE conversation_id = " + quoted(person(9)));
  };
  carry_out(step.step, 2);
  CHECK(left() == "1");
  CHECK(ask("SELECT count(*) FROM taken_back WHERE seq = 7") == "1");
  carry_out(step.step, 2);
  CHECK(left() == "0");
  CHECK(ask("SELECT count(*) FROM taken_back WHERE seq = 7") == "0");
}

}  // namespace nova::messaging
