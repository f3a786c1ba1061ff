// search on a real runtime and a real PostgreSQL, beside the domains whose events it takes.
#include "actors/auth/auth_descriptor.hpp"
#include "actors/content/content_descriptor.hpp"
#include "actors/messaging/messaging_descriptor.hpp"
#include "actors/search/search_descriptor.hpp"
#include "actors/user/user_descriptor.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/messaging/messaging.pb.h"
#include "protocols/search/search.nova.hpp"
#include "protocols/search/search.pb.h"
#include "storage/search/search_queries.hpp"
#include "tests/support/domain_node.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace nova;
using namespace nova::search;

namespace {

config::auth_settings quick_auth() {
  config::auth_settings s;
  s.password_opslimit = 1;
  s.password_memory_kib = 8;
  s.deletion_grace_s = 1;
  return s;
}

config::search_settings small_windows() {
  config::search_settings s;
  s.ranked_posts = 10;
  return s;
}

struct world : test::domain_node {
  world()
      : domain_node({test::part_of(auth::descriptor(), quick_auth()),
                     test::part_of(user::descriptor()), test::part_of(messaging::descriptor()),
                     test::part_of(content::descriptor()),
                     test::part_of(search::descriptor(), small_windows())}) {}

  rpc::caller person(const std::string& handle) {
    auth::RegisterRequest q;
    q.set_email(handle + "@example.org");
    q.set_handle(handle);
    q.set_password("correct horse battery staple");
    const auto tokens = call<auth::auth_interface::register_>(q).value();
    const auto who =
        test::caller_of(*parse_uuid(tokens.account_id()), *parse_uuid(tokens.session_id()));
    REQUIRE(until([&] { return find(who, handle, "users").items_size() == 1; }));
    return who;
  }
  std::string post(const rpc::caller& as, const std::string& text) {
    content::CreatePostRequest q;
    q.set_text(text);
    return call<content::content_interface::create_post>(q, as).value().post_id();
  }
  std::string room(const rpc::caller& as, const rpc::caller& with) {
    messaging::CreateConversationRequest q;
    q.set_kind("group");
    q.add_member_ids(to_string(with.account));
    return call<messaging::messaging_interface::create_conversation>(q, as)
        .value()
        .conversation_id();
  }
  void say(const rpc::caller& as, const std::string& room, const std::string& text) {
    messaging::SendRequest q;
    q.set_conversation_id(room);
    q.set_client_id(std::to_string(++said_));
    q.set_text(text);
    REQUIRE(call<messaging::messaging_interface::send>(q, as).has_value());
  }
  FindReply find(const rpc::caller& as, const std::string& q, const std::string& kind = {},
                 const std::string& cursor = {}, std::int64_t limit = 50) {
    FindRequest f;
    f.set_q(q);
    f.set_limit(limit);
    if (!kind.empty()) f.set_kind(kind);
    if (!cursor.empty()) f.set_cursor(cursor);
    return call<search_interface::find>(f, as).value();
  }
  int hits(const rpc::caller& as, const std::string& q) { return find(as, q).items_size(); }

  std::int64_t rows_of(const uuid& account) {
    const storage::query q{
        .name = "search_pgtest.rows",
        .sql =
            "SELECT (SELECT count(*) FROM post WHERE author_id = $1) + (SELECT "
            "count(*) FROM message WHERE sender_id = $1) + (SELECT count(*) FROM "
            "person WHERE account_id = $1) + (SELECT count(*) FROM member WHERE "
            "account_id = $1) + (SELECT count(*) FROM closing WHERE account_id = "
            "$1) + (SELECT count(*) FROM erasure WHERE account_id = $1)"};
    return read("search", {&q, {account}}).int8(0, 0);
  }

 private:
  int said_ = 0;
};

}  // namespace

TEST_CASE("PostgreSQL accepts every query") {
  world w;
  CHECK(test::unpreparable(w.conninfo("search"), queries::all()) == std::vector<std::string>());
}

TEST_CASE(
    "posts and messages are found, over a restart too; more than one window of posts is paged "
    "through") {
  world w;
  const auto ada = w.person("ada"), bob = w.person("bob");
  std::set<std::string> posts;
  for (int i = 0; i < 23; ++i) posts.insert(w.post(ada, "tea number " + std::to_string(i)));
  const auto room = w.room(ada, bob);
  w.say(bob, room, "tea in the room");
  REQUIRE(w.until([&] { return w.find(bob, "room").items_size() == 1; }));
  REQUIRE(w.until([&] { return w.find(bob, "number 22").items_size() == 1; }));
  w.restart();

  std::set<std::string> seen;
  std::string cursor;
  for (int page = 0; page < 30; ++page) {
    const auto reply = w.find(bob, "tea", "posts", cursor, 4);
    for (const auto& item : reply.items()) CHECK(seen.insert(item.post().post_id()).second);
    if (!reply.has_next_cursor()) break;
    cursor = reply.next_cursor();
  }
  CHECK(seen == posts);
}

TEST_CASE("people alone are found by a misspelt name, when nobody is spelt so") {
  world w;
  const auto ada = w.person("ada"), margaret = w.person("margaret"), maud = w.person("maud");
  w.person("margarethe");
  const auto people = [&](const std::string& q, const std::string& kind = "users",
                          std::int64_t limit = 50, const std::string& cursor = {}) {
    std::vector<std::string> out;
    const auto reply = w.find(ada, q, kind, cursor, limit);
    for (const auto& item : reply.items()) out.push_back(item.user().account_id());
    return out;
  };
  REQUIRE(w.until([&] { return people("margaret").size() == 2; }));
  CHECK(people("margarethe").size() == 1);
  CHECK(people("margret") == std::vector{to_string(margaret.account)});
  CHECK(people("@margret").size() == 1);
  CHECK(people("margarte").front() == to_string(margaret.account));
  CHECK(people("margareta").size() == 2);
  CHECK(people("mau") == std::vector{to_string(maud.account)});
  for (const auto* q :
       {"margret -x", "margret*", "\"margret x\"", "#margret", "mrg", "zebra", "margret zebra"})
    CHECK_MESSAGE(people(q).empty(), q);
  CHECK(people("margret", "").empty());
  const auto first = w.find(ada, "margareta", "users", {}, 1);
  REQUIRE(first.has_next_cursor());
  const auto rest = people("margareta", "users", 1, first.next_cursor());
  REQUIRE(rest.size() == 1);
  CHECK(rest.front() != first.items(0).user().account_id());
}

TEST_CASE("every question is one that PostgreSQL reads") {
  world w;
  const auto ada = w.person("ada");
  w.post(ada, "l'été a'b\\c 春天 :* & | ! <->");
  for (const auto* q : {"'", "\\", "a'b\\c", "!x & | ( )", ":*", "-'", "\"' \\\" x", "<-> été",
                        "-a", "春*", "''''", "a:b*", "#x' @y'", "\"春 天\" -\"a b\""})
    CHECK_MESSAGE(w.find(ada, q).items_size() >= 0, q);
  REQUIRE(w.until([&] { return w.hits(ada, "a'b\\c") == 1; }));
  CHECK(w.hits(ada, "ete 春天") == 1);
}

TEST_CASE(
    "a member who is removed at once stays removed, though creation and removal come from two "
    "shards") {
  world w;
  const auto ada = w.person("ada"), bob = w.person("bob");
  for (int i = 0; i < 10; ++i) {
    const auto room = w.room(ada, bob);
    w.say(ada, room, "secret" + std::to_string(i));
    messaging::RemoveMemberRequest q;
    q.set_conversation_id(room);
    q.set_account_id(to_string(bob.account));
    REQUIRE(w.call<messaging::messaging_interface::remove_member>(q, bob).has_value());
  }
  REQUIRE(w.until([&] { return w.hits(ada, "secret*") == 10; }));
  CHECK(w.until([&] { return w.hits(bob, "secret*") == 0; }));
}

TEST_CASE("the end of an account: its documents and facts are gone, and search says so") {
  world w;
  const auto ada = w.person("ada"), bob = w.person("bob");
  w.post(ada, "tea by ada");
  const auto room = w.room(ada, bob);
  w.say(ada, room, "tea from ada");
  REQUIRE(w.until([&] { return w.hits(bob, "tea") == 2; }));
  auth::DeleteAccountRequest q;
  q.set_password("correct horse battery staple");
  REQUIRE(w.call<auth::auth_interface::delete_account>(q, ada).has_value());
  REQUIRE(w.until([&] { return w.find(bob, "tea", "posts").items_size() == 0; }));
  w.pass(2'000);
  CHECK(w.until([&] { return w.rows_of(ada.account) == 0; }));
  CHECK(w.hits(bob, "tea") == 0);
}
