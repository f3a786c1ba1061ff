// P4 and R4 against the real schema: who may write first, who sees the presence, and when somebody was last online.
#include "storage/messaging/messaging_store.hpp"
#include "tests/messaging/messaging_node.hpp"

namespace nova::messaging {

namespace {

struct private_people : messaging_node {
  private_people() { know_persons(6); }

  errc open_direct(std::uint32_t from, std::uint32_t to) {
    CreateConversationRequest q;
    q.set_kind("direct");
    q.add_member_ids(to_string(person(to)));
    auto made = call<messaging_interface::create_conversation>(from, q);
    return made ? errc::internal : made.error().code;  // internal stands for: it was made
  }
  static constexpr errc made = errc::internal;

  /// What PrivacyChanged would have told. 1 everyone, 2 some, 3 no account.
  void allow(std::uint32_t who, int message_from, int presence_to) {
    ask("INSERT INTO privacy VALUES ('" + to_string(person(who)) + "', " +
        std::to_string(message_from) + ", " + std::to_string(presence_to) +
        ") ON CONFLICT (account_id) DO UPDATE SET message_from = excluded.message_from, "
        "presence_to "
        "= excluded.presence_to");
  }

  std::int64_t watching(std::uint32_t who, std::uint32_t whom, rpc::connection_id socket) {
    SubscribePresenceRequest q;
    q.add_account_ids(to_string(person(whom)));
    auto r = call<messaging_interface::subscribe_presence>(who, q, socket);
    REQUIRE(r.has_value());
    return r->watching();
  }
};

}  // namespace

TEST_CASE_FIXTURE(private_people, "P4: the setting of the other says who may open a conversation") {
  allow(2, 2, 2);
  allow(3, 3, 2);
  CHECK(open_direct(1, 2) == errc::forbidden);
  ask("INSERT INTO follow VALUES ('" + to_string(person(1)) + "', '" + to_string(person(2)) + "')");
  CHECK(open_direct(1, 2) == errc::forbidden);  // 2 must follow 1
  ask("INSERT INTO follow VALUES ('" + to_string(person(2)) + "', '" + to_string(person(1)) + "')");
  CHECK(open_direct(1, 2) == made);
  CHECK(open_direct(1, 3) == errc::forbidden);
  CHECK(open_direct(3, 1) == made);
  CHECK(open_direct(1, 3) == made);  // an existing one goes on
  CHECK(open_direct(1, 4) == made);  // the default
}

TEST_CASE_FIXTURE(
    private_people,
    "P4: presence is told by the setting of the watched: everyone, people with a common "
    "conversation, no account") {
  attach(1, 11);
  CHECK(open_direct(1, 2) == made);
  CHECK(watching(1, 2, 11) == 1);
  CHECK(watching(1, 3, 11) == 0);
  allow(3, 1, 1);
  CHECK(watching(1, 3, 11) == 1);
  allow(2, 1, 3);
  CHECK(watching(1, 2, 11) == 0);
  ask("INSERT INTO block VALUES ('" + to_string(person(3)) + "', '" + to_string(person(1)) + "')");
  CHECK(watching(1, 3, 11) == 0);
}

TEST_CASE_FIXTURE(private_people, "R4: when somebody was last online is known after a restart") {
  CHECK(open_direct(1, 2) == made);
  attach(2, 21);
  node->detach(21, person(2));
  REQUIRE(fixture.until([&] { return ask("SELECT count(*) FROM last_seen") == "1"; }));
  restart();
  attach(1, 12);
  CHECK(watching(1, 2, 12) == 1);
  CHECK(sink.wait_for_presence(person(2)) > 0);
}

}  // namespace nova::messaging
