// Follows, requests, blocks, mutes and lists on a real node: who sees what, and counters that agree with the rows after
// any history.
#include "tests/auth/identity_node.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace nova;
using namespace nova::user;
using nova::test::identity_node;

namespace {

errc code(const auto& r) {
  REQUIRE(r.has_error());
  return r.error().code;
}

struct with_people {
  identity_node node;

  rpc::caller person(const std::string& handle) {
    auto t = node.register_account(handle + "@example.com", handle);
    REQUIRE(t.has_value());
    return identity_node::caller_of(*t);
  }

  template <class Method>
  auto about(const rpc::caller& as, const rpc::caller& whom) {
    typename Method::request q;
    q.set_account_id(to_string(whom.account));
    return node.call<Method>(q, as);
  }
  auto follow(const rpc::caller& as, const rpc::caller& whom) {
    return about<user_interface::follow>(as, whom);
  }

  views::Profile profile(const rpc::caller& as, const rpc::caller& whom) {
    return about<user_interface::get_profile>(as, whom).value();
  }

  void set_private(const rpc::caller& who, bool on) {
    UpdateMyProfileRequest q;
    q.set_private_(on);
    REQUIRE(node.call<user_interface::update_my_profile>(q, who).has_value());
  }

  std::vector<std::string> handles(const result<CardPage>& page) {
    REQUIRE(page.has_value());
    std::vector<std::string> out;
    for (const auto& card : page->items()) out.push_back(card.handle());
    return out;
  }
  template <class Method>
  std::vector<std::string> mine(const rpc::caller& as) {
    return handles(node.call<Method>({}, as));
  }

  /// Rows of a query without parameters that must be none.
  std::int64_t count(std::string_view name, std::string_view sql) {
    static std::map<std::string_view, storage::query> known;
    auto& q = known.try_emplace(name, storage::query{.name = name, .sql = sql}).first->second;
    return node.read("user", {&q, {}}).int8(0, 0);
  }

  /// Every event of user that user itself takes has taken effect.
  bool quiet() {
    return count("test.unread",
                 "SELECT count(*) FROM outbox o WHERE o.type IN (2002, 2004, 2005, 2006, 2007) AND "
                 "o.seq > coalesce((SELECT c.seq FROM intake_offset c WHERE c.source = 'user' AND "
                 "c.source_shard = o.shard), 0)") == 0;
  }
};

using names = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(with_people, "a follow shows at once to the follower and soon to the others") {
  const auto ann = person("ann_f"), bob = person("bob_f");
  CHECK_FALSE(follow(ann, bob)->requested());
  CHECK_FALSE(follow(ann, bob)->requested());
  const auto seen = profile(ann, bob);
  CHECK(seen.relation().following());
  CHECK_FALSE(seen.relation().followed_by());
  CHECK(profile(ann, ann).following_count() == 1);
  CHECK(node.until([&] { return profile(bob, bob).followers_count() == 1; }));
  CHECK(profile(bob, ann).relation().followed_by());
  CHECK(handles(about<user_interface::list_followers>(ann, bob)) == names{"ann_f"});
  CHECK(handles(about<user_interface::list_following>(bob, ann)) == names{"bob_f"});
  CHECK(about<user_interface::unfollow>(ann, bob).has_value());
  CHECK(about<user_interface::unfollow>(ann, bob).has_value());
  CHECK(profile(ann, ann).following_count() == 0);
  CHECK(node.until([&] { return profile(bob, bob).followers_count() == 0; }));
  CHECK(code(follow(ann, ann)) == errc::invalid_request);
}

TEST_CASE_FIXTURE(with_people, "a private account is asked, and answers") {
  const auto ann = person("ann_p"), bob = person("bob_p"), cid = person("cid_p");
  set_private(bob, true);
  CHECK(follow(ann, bob)->requested());
  CHECK(follow(ann, bob)->requested());
  CHECK(follow(cid, bob)->requested());
  CHECK(profile(ann, bob).relation().requested());
  CHECK(node.until([&] { return mine<user_interface::list_follow_requests>(bob).size() == 2; }));
  CHECK(node.call<user_interface::list_follow_requests>({}, bob)->items(0).has_requested_at());
  CHECK(code(about<user_interface::list_followers>(ann, bob)) == errc::forbidden);
  CHECK(about<user_interface::list_followers>(bob, bob).has_value());
  CHECK(about<user_interface::accept_follow>(bob, ann).has_value());
  CHECK(about<user_interface::accept_follow>(bob, ann).has_value());
  CHECK(mine<user_interface::list_follow_requests>(bob) == names{"cid_p"});
  CHECK(profile(bob, bob).followers_count() == 1);
  CHECK(node.until([&] { return profile(ann, bob).relation().following(); }));
  CHECK(handles(about<user_interface::list_followers>(ann, bob)) == names{"ann_p"});
  CHECK(about<user_interface::refuse_follow>(bob, cid).has_value());
  CHECK(about<user_interface::refuse_follow>(bob, cid).has_value());
  CHECK(node.until([&] { return !profile(cid, bob).relation().requested(); }));
  CHECK(code(about<user_interface::accept_follow>(bob, cid)) == errc::not_found);

  CHECK(follow(cid, bob)->requested());
  CHECK(node.until([&] { return mine<user_interface::list_follow_requests>(bob).size() == 1; }));
  set_private(bob, false);
  CHECK(mine<user_interface::list_follow_requests>(bob).empty());
  CHECK(node.until([&] { return profile(cid, bob).relation().following(); }));
  CHECK(profile(bob, bob).followers_count() == 2);
}

TEST_CASE_FIXTURE(with_people,
                  "a block ends follows and requests both ways, and hides the profile") {
  const auto ann = person("ann_b"), bob = person("bob_b");
  CHECK(follow(ann, bob).has_value());
  set_private(ann, true);
  CHECK(follow(bob, ann)->requested());
  CHECK(node.until([&] { return mine<user_interface::list_follow_requests>(ann).size() == 1; }));
  CHECK(about<user_interface::block>(ann, bob).has_value());
  CHECK(mine<user_interface::list_follow_requests>(ann).empty());
  CHECK_FALSE(profile(ann, bob).relation().following());
  CHECK(mine<user_interface::list_blocks>(ann) == names{"bob_b"});
  CHECK(node.until([&] { return !profile(bob, ann).relation().requested(); }));
  CHECK(profile(bob, ann).card_only());
  CHECK(code(follow(bob, ann)) == errc::blocked);
  CHECK(code(follow(ann, bob)) == errc::blocked);
  CHECK(code(about<user_interface::list_followers>(bob, ann)) == errc::blocked);
  CHECK(about<user_interface::unblock>(ann, bob).has_value());
  CHECK(mine<user_interface::list_blocks>(ann).empty());
  CHECK_FALSE(profile(bob, ann).card_only());
  CHECK(node.until([&] { return profile(bob, bob).followers_count() == 0; }));
}

TEST_CASE_FIXTURE(with_people,
                  "a mute ends by itself, and settings and privacy last over a restart") {
  const auto ann = person("ann_m"), bob = person("bob_m");
  MuteRequest q;
  q.set_account_id(to_string(bob.account));
  q.set_until(node.now() + 60'000);
  CHECK(node.call<user_interface::mute>(q, ann).has_value());
  CHECK(mine<user_interface::list_mutes>(ann) == names{"bob_m"});
  CHECK(profile(ann, bob).relation().muting());
  node.pass(60'001);
  CHECK(mine<user_interface::list_mutes>(ann).empty());
  CHECK_FALSE(profile(ann, bob).relation().muting());

  UpdateSettingsRequest change;
  change.set_presence_to("nobody");
  change.mutable_notify()->set_message(false);
  const auto saved = node.call<user_interface::update_settings>(change, ann);
  set_private(ann, true);
  node.restart();
  CHECK(node.call<user_interface::get_settings>({}, ann)->SerializeAsString() ==
        saved->SerializeAsString());
  CHECK(profile(bob, ann).private_());
}

TEST_CASE_FIXTURE(with_people,
                  "pages of followers are the newest first, without doubles or holes") {
  const auto star = person("star");
  names expected;
  for (int i = 0; i < 7; ++i) {
    const auto fan = person("fan_" + std::to_string(i));
    node.pass(1'000);
    CHECK(follow(fan, star).has_value());
    expected.insert(expected.begin(), "fan_" + std::to_string(i));
  }
  CHECK(node.until([&] { return profile(star, star).followers_count() == 7; }));
  ListPeopleRequest q;
  q.set_account_id(to_string(star.account));
  q.set_limit(3);
  names seen;
  for (;;) {
    const auto page = node.call<user_interface::list_followers>(q, rpc::caller{});
    REQUIRE(page.has_value());
    for (const auto& card : page->items()) {
      seen.push_back(card.handle());
      CHECK_FALSE(card.has_relation());
    }
    if (!page->has_next_cursor()) break;
    q.set_cursor(page->next_cursor());
  }
  CHECK(seen == expected);
}

TEST_CASE_FIXTURE(with_people, "counters agree with the rows after any history") {
  const auto seed = std::random_device{}();
  MESSAGE("seed ", seed);
  std::mt19937 random(seed);
  std::vector<rpc::caller> people;
  for (int i = 0; i < 5; ++i) people.push_back(person("any_" + std::to_string(i)));
  std::vector<std::future<rpc::reply_result>> calls;
  for (int step = 0; step < 400; ++step) {
    const auto& as = people[random() % people.size()];
    const auto& whom = people[random() % people.size()];
    PersonRequest q;
    q.set_account_id(to_string(whom.account));
    BlockRequest b;
    b.set_account_id(q.account_id());
    UpdateMyProfileRequest p;
    p.set_private_(random() % 2 == 0);
    switch (random() % 12) {
      case 0: calls.push_back(node.begin<user_interface::block>(b, as)); break;
      case 1:
      case 2: calls.push_back(node.begin<user_interface::unblock>(b, as)); break;
      case 3: calls.push_back(node.begin<user_interface::update_my_profile>(p, as)); break;
      case 4:
      case 5: calls.push_back(node.begin<user_interface::unfollow>(q, as)); break;
      case 6: calls.push_back(node.begin<user_interface::accept_follow>(q, as)); break;
      case 7: calls.push_back(node.begin<user_interface::refuse_follow>(q, as)); break;
      default: calls.push_back(node.begin<user_interface::follow>(q, as));
    }
    if (calls.size() < 8) continue;
    for (auto& call : calls) call.get();
    calls.clear();
  }
  for (auto& call : calls) call.get();
  REQUIRE(node.until([&] { return quiet(); }));
  CHECK(count("test.followers",
              "SELECT count(*) FROM profile p LEFT JOIN tally t USING (account_id) WHERE "
              "coalesce(t.followers, 0) <> (SELECT count(*) FROM follower f WHERE "
              "f.account_id = p.account_id AND NOT f.requested)") == 0);
  CHECK(count("test.following",
              "SELECT count(*) FROM profile p LEFT JOIN tally t USING (account_id) WHERE "
              "coalesce(t.following, 0) <> (SELECT count(*) FROM follow f WHERE "
              "f.account_id = p.account_id AND NOT f.requested)") == 0);
  CHECK(count("test.sides",
              "SELECT count(*) FROM (SELECT account_id, target_id, requested FROM follow) a FULL "
              "JOIN (SELECT follower_id AS account_id, account_id AS target_id, requested FROM "
              "follower) b USING (account_id, target_id, requested) "
              "WHERE a.account_id IS NULL OR b.account_id IS NULL") == 0);
  CHECK(count("test.across_blocks",
              "SELECT count(*) FROM follow f JOIN block b ON (b.account_id = f.account_id AND "
              "b.blocked_id = f.target_id) OR (b.account_id = f.target_id AND b.blocked_id = "
              "f.account_id)") == 0);
  CHECK(count("test.asked_public",
              "SELECT count(*) FROM follow f JOIN profile p ON p.account_id = f.target_id WHERE "
              "f.requested AND NOT p.private") == 0);
}
