// Notifications and people search on a real node.
#include "tests/auth/identity_node.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::user;
using nova::test::identity_node;

namespace {

struct with_people {
  identity_node node;

  rpc::caller person(const std::string& handle, const std::string& name = {}) {
    auto t = node.register_account(handle + "@example.com", handle);
    REQUIRE(t.has_value());
    const auto who = identity_node::caller_of(*t);
    if (name.empty()) return who;
    UpdateMyProfileRequest q;
    q.set_display_name(name);
    REQUIRE(node.call<user_interface::update_my_profile>(q, who).has_value());
    return who;
  }

  void follow(const rpc::caller& as, const rpc::caller& whom) {
    PersonRequest q;
    q.set_account_id(to_string(whom.account));
    REQUIRE(node.call<user_interface::follow>(q, as).has_value());
  }

  ListNotificationsReply notices(const rpc::caller& as) {
    return node.call<user_interface::list_notifications>({}, as).value();
  }
  bool has(const rpc::caller& as, int count) {
    return node.until([&] { return notices(as).items_size() == count; });
  }

  std::vector<std::string> found(const rpc::caller& as, const std::string& text) {
    SearchPeopleRequest q;
    q.set_q(text);
    const auto page = node.call<user_interface::search_people>(q, as);
    REQUIRE(page.has_value());
    std::vector<std::string> out;
    for (const auto& card : page->items()) out.push_back(card.handle());
    return out;
  }
};

using names = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(with_people,
                  "a follow is told, pushed, counted, and read up to a mark that lasts") {
  const auto ann = person("ann_n"), bob = person("bob_n"), cid = person("cid_n");
  node.attach(7, bob.account);
  follow(ann, bob);
  REQUIRE(has(bob, 1));
  follow(cid, bob);
  REQUIRE(has(bob, 2));
  CHECK(node.pushes(7) == names{"user.notification", "user.notification"});
  auto list = notices(bob);
  CHECK(list.unread() == 2);
  CHECK(list.items(0).kind() == "follow");
  CHECK(list.items(0).actor().handle() == "cid_n");
  CHECK(list.items(1).actor().handle() == "ann_n");
  CHECK(notices(ann).items_size() == 0);

  ReadNotificationsRequest read;
  read.set_up_to(list.items(1).notification_id());
  for (int i = 0; i < 2; ++i) {
    CHECK(node.call<user_interface::read_notifications>(read, bob).has_value());
    list = notices(bob);
    CHECK(list.unread() == 1);
    CHECK_FALSE(list.items(0).read());
    CHECK(list.items(1).read());
    node.restart();
  }
  read.set_up_to("ffffffff-ffff-7fff-bfff-ffffffffffff");
  CHECK(node.call<user_interface::read_notifications>(read, bob).has_value());
  CHECK(notices(bob).unread() == 0);

  ListMineRequest page;
  page.set_limit(1);
  const auto first = node.call<user_interface::list_notifications>(page, bob);
  REQUIRE(first->has_next_cursor());
  page.set_cursor(first->next_cursor());
  const auto second = node.call<user_interface::list_notifications>(page, bob);
  CHECK(second->items(0).actor().handle() == "ann_n");
  CHECK_FALSE(second->has_next_cursor());
}

TEST_CASE_FIXTURE(
    with_people,
    "a follow that is taken back and done again is told once; a request is told as such") {
  const auto ann = person("ann_o"), bob = person("bob_o");
  PersonRequest q;
  q.set_account_id(to_string(bob.account));
  follow(ann, bob);
  REQUIRE(has(bob, 1));
  CHECK(node.call<user_interface::unfollow>(q, ann).has_value());
  follow(ann, bob);
  CHECK(node.call<user_interface::unfollow>(q, ann).has_value());
  UpdateMyProfileRequest closed;
  closed.set_private_(true);
  CHECK(node.call<user_interface::update_my_profile>(closed, bob).has_value());
  follow(ann, bob);
  REQUIRE(has(bob, 2));
  CHECK(notices(bob).items(0).kind() == "follow_request");
}

TEST_CASE_FIXTURE(with_people,
                  "people are found by handle and by words of the name, as they allow it") {
  const auto ann = person("Ann_S", "Zoë Müller"), bob = person("bob_s", "王小明"),
             cid = person("cid_s", "Anna Zoe"), dan = person("dan_s");
  CHECK(found(dan, "ann_s") == names{"Ann_S"});
  CHECK(found(dan, "@ANN") == names{"Ann_S", "cid_s"});
  CHECK(found(dan, "zoe") == names{"Ann_S", "cid_s"});
  CHECK(found(dan, "muller zo") == names{"Ann_S"});
  CHECK(found(dan, "zoe bob").empty());
  CHECK(found(dan, "小明") == names{"bob_s"});
  CHECK(found(dan, "%").empty());
  follow(dan, cid);
  CHECK(found(dan, "zoe") == names{"cid_s", "Ann_S"});

  UpdateMyProfileRequest renamed;
  renamed.set_display_name("Eve");
  CHECK(node.call<user_interface::update_my_profile>(renamed, ann).has_value());
  CHECK(found(dan, "zoe") == names{"cid_s"});
  CHECK(found(dan, "eve") == names{"Ann_S"});

  UpdateSettingsRequest hidden;
  hidden.set_discoverable(false);
  CHECK(node.call<user_interface::update_settings>(hidden, ann).has_value());
  CHECK(found(dan, "eve").empty());
  BlockRequest block;
  block.set_account_id(to_string(dan.account));
  CHECK(node.call<user_interface::block>(block, cid).has_value());
  CHECK(found(dan, "zoe").empty());
  CHECK(found(cid, "dan").empty());
}
