// Groups and channels over real sockets: roles, membership, who may write, and a group larger than a page.
#include "tests/flow/world.hpp"

#include <boost/json/array.hpp>

#include <set>

using namespace nova::flow;
using namespace std::chrono_literals;

namespace {

std::set<std::string> members_of(const std::string& c, const account& as) {
  std::set<std::string> out;
  for (std::string query = "?limit=50"; !query.empty();) {
    const auto document =
        http().get("/v1/conversations/" + c + "/members" + query, as.access_token).json();
    REQUIRE(document.is_object());
    for (const auto& m : document.at("items").as_array())
      out.insert(text(m.as_object(), "account_id"));
    const auto& next = document.at("next_cursor");
    query = next.is_null() ? "" : "?limit=50&cursor=" + std::string(next.as_string());
  }
  return out;
}

}  // namespace

TEST_CASE(
    "a group: everybody is told of it, everybody hears everybody, roles decide who changes it") {
  const auto ann = person("ann"), bob = person("bob"), cat = person("cat"), dan = person("dan");
  auto anns = socket(ann), bobs = socket(bob), cats = socket(cat), dans = socket(dan);
  const auto c = group(ann, {bob, cat});
  for (auto* d : {bobs.get(), cats.get()}) {
    const auto told = d->push("messaging.conversation", with("conversation_id", c));
    REQUIRE(told.has_value());
    CHECK(text(*told, "kind") == "group");
    CHECK(text(*told, "title") == "A group");
  }
  REQUIRE(cats->call("messaging.send", message(c, "1", "to all")).number("seq") == 1);
  for (auto* d : {anns.get(), bobs.get(), cats.get()})
    CHECK(d->push("messaging.message").has_value());

  CHECK(bobs->call("messaging.add_members", in(c, R"(,"member_ids":[)" + quoted(dan.id) + "]"))
            .code() == "forbidden");
  const auto promoted = anns->call(
      "messaging.set_role", in(c, R"(,"account_id":)" + quoted(bob.id) + R"(,"role":"admin")"));
  REQUIRE(promoted.ok);
  CHECK(promoted.text("handle") == bob.handle);
  REQUIRE(
      bobs->call("messaging.add_members", in(c, R"(,"member_ids":[)" + quoted(dan.id) + "]")).ok);
  REQUIRE(dans->push("messaging.conversation", with("conversation_id", c)).has_value());
  CHECK(members_of(c, dan) == std::set<std::string>{ann.id, bob.id, cat.id, dan.id});
  REQUIRE(dans->call("messaging.send", message(c, "1", "thanks")).number("seq") == 2);
  CHECK(anns->push("messaging.message").has_value());

  REQUIRE(bobs->call("messaging.update", in(c, R"(,"title":"Renamed")")).ok);
  const auto renamed = cats->push("messaging.updated", [](const object& o) {
    return text(o.at("change").as_object(), "kind") == "title";
  });
  REQUIRE(renamed.has_value());
  CHECK(text(renamed->at("change").as_object(), "title") == "Renamed");
  CHECK(cats->call("messaging.update", in(c, R"(,"title":"No")")).code() == "forbidden");

  REQUIRE(http().del("/v1/conversations/" + c + "/members/" + dan.id, bob.access_token).status ==
          204);
  const auto gone = dans->push("messaging.conversation", with("removed", true));
  CHECK(gone.has_value());
  CHECK(dans->call("messaging.send", message(c, "2", "out")).code() == "not_found");
  REQUIRE(anns->call("messaging.send", message(c, "2", "without dan")).ok);
  CHECK(bobs->push("messaging.message", with("text", "without dan")).has_value());
  CHECK_FALSE(dans->has_push("messaging.message", with("text", "without dan")));
  CHECK(members_of(c, ann) == std::set<std::string>{ann.id, bob.id, cat.id});
  CHECK(http().get("/v1/conversations/" + c, dan.access_token).status == 404);
}

TEST_CASE("in a channel members read and owners and admins write") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann), bobs = socket(bob);
  const auto c = group(ann, {bob}, "channel");
  REQUIRE(anns->call("messaging.send", message(c, "1", "news")).ok);
  CHECK(bobs->push("messaging.message", with("conversation_id", c)).has_value());
  CHECK(bobs->call("messaging.send", message(c, "1", "no")).code() == "forbidden");
  REQUIRE(anns->call("messaging.set_role",
                     in(c, R"(,"account_id":)" + quoted(bob.id) + R"(,"role":"admin")"))
              .ok);
  CHECK(bobs->call("messaging.send", message(c, "2", "now I may")).number("seq") == 2);
}

TEST_CASE("a group of 120: created in one call, listed in pages, heard by all who listen") {
  const auto all = nova::client::register_accounts(
      the_world().nova.at(), "many" + nova::client::unique_suffix() + "_", 120);
  REQUIRE(all.size() == 120);
  const auto c = group(all[0], {all.begin() + 1, all.end()});
  CHECK(members_of(c, all[7]).size() == 120);
  const auto summary = http().get("/v1/conversations/" + c, all[0].access_token);
  CHECK(nova::client::find_number(summary.body, "member_count") == 120);
  std::vector<std::unique_ptr<device>> listeners;
  for (std::size_t i = 1; i < all.size(); i += 2) listeners.push_back(socket(all[i]));
  auto owner = socket(all[0], {.echo = false});
  std::vector<std::string> sends;
  for (int i = 1; i <= 20; ++i) sends.push_back(message(c, std::to_string(i), "to all"));
  for (const auto& r : owner->call_all("messaging.send", sends)) REQUIRE(r.ok);
  for (auto& d : listeners)
    for (std::int64_t seq = 1; seq <= 20; ++seq) {
      const auto p = d->push("messaging.message", with("conversation_id", c));
      REQUIRE(p.has_value());
      REQUIRE(number(*p, "seq") == seq);
    }
}

TEST_CASE("a conversation is made of people who exist") {
  const auto ann = person("ann");
  const auto make = [&](const std::string& body) {
    return http().post("/v1/conversations", body, ann.access_token);
  };
  CHECK(make(R"({"kind":"direct","member_ids":["01900000-0000-7000-8000-000000000000"]})").status ==
        404);
  CHECK(make(R"({"kind":"direct","member_ids":["nobody"]})").status == 400);
  CHECK(make(R"({"kind":"direct","member_ids":[]})").status == 400);
  CHECK(make(R"({"kind":"secret","member_ids":[]})").status == 400);
  const auto alone = make(R"({"kind":"group","member_ids":[],"title":"Notes"})");
  CHECK(alone.status == 201);
  CHECK(nova::client::find_number(alone.body, "last_seq") == 0);
  CHECK(nova::client::find_number(alone.body, "unread") == 0);
}
