// People from outside, by the contract: profiles, follows and requests, blocks, mutes, settings, notifications, search.
#include "tests/flow/world.hpp"

#include <boost/json/array.hpp>

#include <chrono>
#include <functional>
#include <set>

using namespace nova::flow;
using namespace std::chrono_literals;

namespace {

std::string of(const account& a, const std::string& rest = {}) {
  return "/v1/users/" + a.id + rest;
}

object read(const std::string& target, const account& as) {
  const auto reply = http().get(target, as.access_token);
  INFO(target << " " << reply.body);
  REQUIRE(reply.status == 200);
  return reply.json().as_object();
}

object profile(const account& of_whom, const account& as) { return read(of(of_whom), as); }

bool relation(const account& to, const account& as, std::string_view name) {
  return profile(to, as).at("relation").at(name).as_bool();
}

std::vector<std::string> handles(const object& page) {
  std::vector<std::string> out;
  for (const auto& card : page.at("items").as_array())
    out.emplace_back(card.at("handle").as_string());
  return out;
}

/// The contract's bound for what others see is 2 s.
bool soon(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + 2s;
  while (!done())
    if (std::chrono::steady_clock::now() > end) return false;
  return true;
}

int put(const std::string& target, const account& as, const std::string& body = {}) {
  return http().put(target, body, as.access_token).status;
}
int del(const std::string& target, const account& as) {
  return http().del(target, as.access_token).status;
}
object patch(const std::string& target, const account& as, const std::string& body) {
  const auto reply = http().patch(target, body, as.access_token);
  INFO(reply.body);
  REQUIRE(reply.status == 200);
  return reply.json().as_object();
}

std::set<std::string> names_of(const object& o) {
  std::set<std::string> out;
  for (const auto& member : o) out.emplace(member.key());
  return out;
}

const std::set<std::string> card_names = {"account_id", "handle", "display_name", "avatar_url",
                                          "private"};

}  // namespace

TEST_CASE("a profile has the contract's members; fields change by name, and null empties") {
  const auto ann = person("ann");
  const auto media = "0190a000-0000-7000-8000-0000000000aa";
  const auto fresh = read("/v1/users/me", ann);
  for (const auto* name : {"account_id", "handle", "display_name", "avatar_url", "private", "bio",
                           "links", "cover_url", "created_at", "followers_count", "following_count",
                           "posts_count", "pinned_post_ids"})
    CHECK_MESSAGE(fresh.contains(name), name);
  CHECK(fresh.at("avatar_url").is_null());
  CHECK(fresh.at("cover_url").is_null());
  auto changed = patch("/v1/users/me", ann,
                       R"({"bio":"hi","links":[{"title":"Notes","url":"https://example.org/n"}],)"
                       R"("avatar_media_id":")" +
                           std::string(media) + R"("})");
  CHECK(changed.at("bio") == "hi");
  CHECK(changed.at("links").at(0).at("url") == "https://example.org/n");
  CHECK(changed.at("avatar_url").is_string());
  changed = patch("/v1/users/me", ann, R"({"bio":null,"links":null,"avatar_media_id":null})");
  CHECK(changed.at("bio") == "");
  CHECK(changed.at("links").as_array().empty());
  CHECK(changed.at("avatar_url").is_null());
  std::string six = R"({"links":[)";
  for (int i = 0; i < 6; ++i) six += R"({"title":"a","url":"https://a.example"},)";
  six.back() = ']';
  for (const auto& bad : {six + "}", std::string(R"({"avatar_media_id":"x"})"),
                          std::string(R"({"links":[{"title":"a","url":"ftp://a"}]})")})
    CHECK(http().patch("/v1/users/me", bad, ann.access_token).status == 400);
}

TEST_CASE("a guest reads public profiles and nothing else of people") {
  const auto ann = person("ann"), bob = person("bob");
  const auto seen = http().get(of(ann));
  CHECK(seen.status == 200);
  CHECK_FALSE(seen.json().as_object().contains("relation"));
  CHECK(http().get("/v1/users/by-handle/" + ann.handle).status == 200);
  CHECK(http().get(of(ann, "/followers")).status == 200);
  for (const auto* target : {"/v1/users/me", "/v1/follow-requests", "/v1/blocks", "/v1/mutes",
                             "/v1/settings", "/v1/notifications", "/v1/users/search?q=a"})
    CHECK_MESSAGE(http().get(target).status == 401, target);
  CHECK(http().put(of(ann, "/follow"), "").status == 401);
  patch("/v1/users/me", bob, R"({"private":true})");
  CHECK(http().get(of(bob)).status == 401);
  CHECK(http().get(of(bob, "/following")).status == 401);
}

TEST_CASE("follows, requests and their answers have the contract's statuses") {
  const auto ann = person("ann"), bob = person("bob"), cid = person("cid");
  for (int i = 0; i < 2; ++i) CHECK(put(of(bob, "/follow"), ann) == 204);
  CHECK(relation(bob, ann, "following"));
  CHECK(number(profile(ann, ann), "following_count") == 1);
  CHECK(soon([&] { return number(profile(bob, cid), "followers_count") == 1; }));
  CHECK(handles(read(of(bob, "/followers"), cid)) == std::vector{ann.handle});
  for (int i = 0; i < 2; ++i) CHECK(del(of(bob, "/follow"), ann) == 204);
  CHECK(put(of(ann, "/follow"), ann) == 400);
  CHECK(put("/v1/users/0190a000-0000-7000-8000-000000000001/follow", ann) == 404);

  patch("/v1/users/me", bob, R"({"private":true})");
  for (int i = 0; i < 2; ++i) {
    const auto asked = http().put(of(bob, "/follow"), "{}", ann.access_token);
    CHECK(asked.status == 202);
    CHECK(asked.body == R"({"requested":true})");
  }
  CHECK(http().get(of(bob, "/followers"), ann.access_token).status == 403);
  CHECK(soon([&] { return handles(read("/v1/follow-requests", bob)).size() == 1; }));
  CHECK(read("/v1/follow-requests", bob).at("items").at(0).as_object().contains("requested_at"));
  for (int i = 0; i < 2; ++i) CHECK(put("/v1/follow-requests/" + ann.id, bob) == 204);
  CHECK(handles(read("/v1/follow-requests", bob)).empty());
  CHECK(soon([&] { return relation(bob, ann, "following"); }));
  CHECK(put(of(bob, "/follow"), cid) == 202);
  CHECK(soon([&] { return handles(read("/v1/follow-requests", bob)).size() == 1; }));
  for (int i = 0; i < 2; ++i) CHECK(del("/v1/follow-requests/" + cid.id, bob) == 204);
  CHECK(soon([&] { return !relation(bob, cid, "requested"); }));
  CHECK(put(of(bob, "/follow"), cid) == 202);
  patch("/v1/users/me", bob, R"({"private":false})");
  CHECK(soon([&] { return relation(bob, cid, "following"); }));
}

TEST_CASE("a block ends follows both ways and leaves the card alone") {
  const auto ann = person("ann"), bob = person("bob");
  CHECK(put(of(bob, "/follow"), ann) == 204);
  CHECK(put(of(ann, "/follow"), bob) == 204);
  for (int i = 0; i < 2; ++i) CHECK(put(of(bob, "/block"), ann) == 204);
  CHECK_FALSE(relation(bob, ann, "following"));
  CHECK(soon([&] { return !relation(ann, bob, "following"); }));
  // Two events: bob's side ends his follow, then ann's side counts it.
  CHECK(soon([&] { return number(profile(ann, ann), "followers_count") == 0; }));
  auto names = card_names;
  names.insert("relation");
  CHECK(names_of(profile(ann, bob)) == names);
  const auto refused = http().put(of(ann, "/follow"), "", bob.access_token);
  CHECK(refused.status == 403);
  CHECK(refused.code() == "blocked");
  CHECK(put(of(bob, "/follow"), ann) == 403);
  CHECK(handles(read("/v1/blocks", ann)) == std::vector{bob.handle});
  for (int i = 0; i < 2; ++i) CHECK(del(of(bob, "/block"), ann) == 204);
  CHECK(profile(ann, bob).contains("bio"));
}

TEST_CASE("mutes and settings") {
  const auto ann = person("ann"), bob = person("bob");
  CHECK(put(of(bob, "/mute"), ann) == 204);
  CHECK(put(of(bob, "/mute"), ann, R"({"until":"2999-01-01T00:00:00.000Z"})") == 204);
  CHECK(put(of(bob, "/mute"), ann, R"({"until":"2001-01-01T00:00:00.000Z"})") == 400);
  CHECK(relation(bob, ann, "muting"));
  CHECK(handles(read("/v1/mutes", ann)) == std::vector{bob.handle});
  CHECK(del(of(bob, "/mute"), ann) == 204);
  CHECK(handles(read("/v1/mutes", ann)).empty());

  const auto fresh = read("/v1/settings", ann);
  CHECK(fresh.at("message_from") == "everyone");
  CHECK(fresh.at("presence_to") == "shared");
  const auto changed =
      patch("/v1/settings", ann, R"({"message_from":"following","notify":{"share":false}})");
  CHECK(changed.at("message_from") == "following");
  CHECK(changed.at("notify").at("share") == false);
  CHECK(changed.at("notify").at("follow") == true);
  CHECK(read("/v1/settings", ann) == changed);
  CHECK(http().patch("/v1/settings", R"({"presence_to":"x"})", ann.access_token).status == 400);
}

TEST_CASE("a follow is told by a push and in the list, and is read up to a mark") {
  const auto ann = person("ann"), bob = person("bob");
  const auto phone = socket(bob);
  CHECK(put(of(bob, "/follow"), ann) == 204);
  const auto push = phone->push("user.notification");
  REQUIRE(push);
  CHECK(push->at("kind") == "follow");
  CHECK(push->at("actor").at("handle").as_string() == ann.handle);
  const auto list = read("/v1/notifications", bob);
  CHECK(number(list, "unread") == 1);
  CHECK(list.at("items").at(0) == boost::json::value(*push));
  const auto up_to = R"({"up_to":)" + quoted(text(*push, "notification_id")) + "}";
  CHECK(http().post("/v1/notifications/read", up_to, bob.access_token).status == 204);
  CHECK(number(read("/v1/notifications", bob), "unread") == 0);
  CHECK(number(read("/v1/notifications", ann), "unread") == 0);
}

TEST_CASE("a path to an absent account or post is 404, also when its id is malformed") {
  const auto ann = person("ann"), bob = person("bob");
  const std::string absent = "0190a000-0000-7000-8000-000000000001", malformed = "not-an-id";
  for (const auto& id : {absent, malformed}) {
    CAPTURE(id);
    for (const auto* rest : {"", "/followers", "/following", "/posts"})
      for (const auto& token : {ann.access_token, std::string()})
        CHECK_MESSAGE(http().get("/v1/users/" + id + rest, token).status == 404, rest);
    for (const auto* rest : {"/follow", "/block", "/mute"}) {
      CHECK_MESSAGE(put("/v1/users/" + id + rest, ann) == 404, rest);
      CHECK_MESSAGE(del("/v1/users/" + id + rest, ann) == 404, rest);
    }
    CHECK(put("/v1/follow-requests/" + id, ann) == 404);
    CHECK(del("/v1/follow-requests/" + id, ann) == 404);
    for (const auto* of_what : {"/v1/posts/", "/v1/conversations/", "/v1/feed/why/",
                                "/v1/account/exports/", "/v1/deletions/"})
      CHECK_MESSAGE(http().get(of_what + id, ann.access_token).status == 404, of_what);
    for (const auto* of_what :
         {"/v1/posts/", "/v1/comments/", "/v1/drafts/", "/v1/scheduled/", "/v1/auth/sessions/"})
      CHECK_MESSAGE(del(of_what + id, ann) == 404, of_what);
  }
  CHECK(http().get("/v1/users/by-handle/" + std::string(200, 'x'), ann.access_token).status == 404);
  CHECK(http().get("/v1/users/by-handle/a.b", ann.access_token).status == 404);
  // Without a token the answer is 401 first; a bad field of a body stays 400.
  CHECK(http().put("/v1/users/" + malformed + "/follow", "").status == 401);
  CHECK(http().patch("/v1/users/me", R"({"avatar_media_id":"x"})", ann.access_token).status == 400);
  CHECK(del(of(bob, "/mute"), ann) == 204);
}

TEST_CASE("people whom one's follows follow are suggested, the most common first") {
  const auto me = person("me"), ann = person("ann"), bob = person("bob"), cid = person("cid"),
             dan = person("dan"), eve = person("eve"), shy = person("shy");
  for (const auto* whom : {&ann, &bob}) CHECK(put(of(*whom, "/follow"), me) == 204);
  for (const auto* whom : {&cid, &dan, &eve, &shy, &me})
    CHECK(put(of(*whom, "/follow"), ann) == 204);
  for (const auto* whom : {&cid, &ann}) CHECK(put(of(*whom, "/follow"), bob) == 204);
  patch("/v1/settings", shy, R"({"discoverable":false})");
  CHECK(put(of(me, "/block"), eve) == 204);
  const auto suggested = [&](const std::string& query = {}) {
    std::vector<std::string> out;
    const auto page = read("/v1/users/suggestions" + query, me);
    for (const auto& item : page.at("items").as_array())
      out.emplace_back(item.at("person").at("handle").as_string());
    return out;
  };
  CHECK(suggested() == std::vector{cid.handle, dan.handle});
  const auto page = read("/v1/users/suggestions?limit=1", me);
  REQUIRE(page.at("items").as_array().size() == 1);
  CHECK(page.at("next_cursor").is_null());
  const auto first = page.at("items").at(0).as_object();
  CHECK(number(first, "followed_by_count") == 2);
  REQUIRE(first.at("followed_by").as_array().size() == 2);
  CHECK(first.at("followed_by").at(0).at("handle").as_string() == bob.handle);
  CHECK_FALSE(first.at("person").at("relation").at("following").as_bool());
  CHECK(put(of(dan, "/mute"), me) == 204);
  CHECK(suggested() == std::vector{cid.handle});
  CHECK(put(of(cid, "/follow"), me) == 204);
  CHECK(suggested().empty());
  CHECK(http().get("/v1/users/suggestions").status == 401);
  CHECK(http().get("/v1/users/suggestions?limit=0", me.access_token).status == 400);
}

TEST_CASE("people are found by the beginning of handle or name, when they allow it") {
  const auto ann = person("ann"), bob = person("bob");
  patch("/v1/users/me", ann, R"({"display_name":"Zoë )" + ann.handle + R"("})");
  const auto search = [&](const std::string& q) {
    return handles(read("/v1/users/search?limit=5&q=" + q, bob));
  };
  CHECK(search(ann.handle) == std::vector{ann.handle});
  CHECK(search("zoe%20" + ann.handle) == std::vector{ann.handle});
  CHECK(http().get("/v1/users/search", bob.access_token).status == 400);
  patch("/v1/settings", ann, R"({"discoverable":false})");
  CHECK(search(ann.handle).empty());
}

TEST_CASE(
    "who may write first is a setting: 403 for others; a conversation that is there goes on") {
  const auto ann = person("ann"), bob = person("bob"), cid = person("cid");
  const auto open = [&](const account& a) {
    return http().post("/v1/conversations",
                       R"({"kind":"direct","member_ids":[")" + ann.id + R"("]})", a.access_token);
  };
  const auto talk = direct(cid, ann);
  patch("/v1/settings", ann, R"({"message_from":"following"})");
  http_reply refused;
  // Each asks once: the first ones may come before messaging knows, and have their conversation then.
  CHECK(soon([&] { return (refused = open(person("first"))).status == 403; }));
  CHECK(refused.code() == "forbidden");
  const auto said = http().post("/v1/conversations/" + talk + "/messages",
                                R"({"client_id":"c1","text":"hello"})", cid.access_token);
  CHECK(said.status == 201);
  const auto again = open(cid);
  CHECK(again.status == 200);
  CHECK(text(again.json().as_object(), "conversation_id") == talk);
  CHECK(put(of(bob, "/follow"), ann) == 204);
  CHECK(soon([&] { return open(bob).status == 201; }));
  patch("/v1/settings", ann, R"({"message_from":"nobody"})");
  CHECK(soon([&] {
    const auto late = person("late");
    CHECK(put(of(late, "/follow"), ann) == 204);
    return open(late).status == 403;
  }));
}

TEST_CASE(
    "content's acts are told: mention, comment, reaction, share, the end of a poll; own acts are "
    "not") {
  const auto ann = person("ann"), bob = person("bob");
  const auto post = [&](const account& a, const std::string& words, const std::string& rest = {}) {
    const auto r =
        http().post("/v1/posts", R"({"text":)" + quoted(words) + rest + "}", a.access_token);
    REQUIRE(r.status == 201);
    return std::string(nova::client::find_string(r.body, "post_id"));
  };
  const auto act_on = [&](const account& a, const std::string& id) {
    CHECK(put("/v1/posts/" + id + "/reactions/%F0%9F%91%8D", a) == 204);
    CHECK(put("/v1/posts/" + id + "/share", a) == 204);
    CHECK(http().post("/v1/posts/" + id + "/comments", R"({"text":"so"})", a.access_token).status ==
          201);
  };
  const auto kinds = [&](const account& a) {
    std::multiset<std::string> out;
    const auto page = read("/v1/notifications", a);
    for (const auto& n : page.at("items").as_array()) out.emplace(n.at("kind").as_string());
    return out;
  };
  using set = std::multiset<std::string>;
  const auto anns = post(ann, "which", R"(,"poll":{"options":["a","b"],"ends_in_s":2})");
  act_on(ann, anns);
  post(ann, "to myself @" + ann.handle);
  CHECK(put("/v1/posts/" + anns + "/poll", bob, R"({"choices":[0]})") == 200);
  act_on(bob, anns);
  const auto mention = post(bob, "hello @" + ann.handle);
  CHECK(soon([&] { return kinds(ann) == set{"mention", "comment", "reaction", "share"}; }));
  // Acts on different posts are told by different shards, in no common order.
  const auto page = read("/v1/notifications", ann);
  const auto told = std::ranges::find_if(page.at("items").as_array(), [](const auto& n) {
                      return n.at("kind").as_string() == "mention";
                    })->as_object();
  CHECK(names_of(told) ==
        std::set<std::string>{"notification_id", "kind", "actor", "post_id", "created_at", "read"});
  CHECK(text(told, "post_id") == mention);
  CHECK(told.at("actor").at("account_id").as_string() == bob.id);
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (kinds(bob).empty() && std::chrono::steady_clock::now() < end) {
  }
  CHECK(kinds(bob) == set{"poll_ended"});
  CHECK(kinds(ann).size() == 4);

  patch("/v1/settings", ann,
        R"({"mention_from":"nobody","notify":{"reaction":false,"share":false}})");
  act_on(bob, post(ann, "second"));
  post(bob, "again @" + ann.handle);
  CHECK(soon([&] { return kinds(ann).count("comment") == 2; }));
  CHECK(kinds(ann) == set{"mention", "comment", "comment", "reaction", "share"});
  patch("/v1/settings", ann, R"({"mention_from":"following"})");
  CHECK(put(of(bob, "/follow"), ann) == 204);
  post(bob, "now @" + ann.handle);
  CHECK(soon([&] { return kinds(ann).count("mention") == 2; }));
}

TEST_CASE(
    "a changed card is pushed to people with a common conversation, changes at once are one") {
  const auto ann = person("ann"), bob = person("bob"), cid = person("cid");
  direct(ann, bob);
  const auto phone = socket(bob), stranger = socket(cid);
  const auto name = [&](const std::string& to) {
    patch("/v1/users/me", ann, R"({"display_name":)" + quoted(to) + "}");
  };
  name("One");
  const auto first = phone->push("user.changed");
  REQUIRE(first);
  CHECK(names_of(*first) == card_names);
  CHECK(text(*first, "account_id") == ann.id);
  CHECK(text(*first, "display_name") == "One");
  for (int i = 0; i < 20; ++i) name("Many " + std::to_string(i));
  name("Last");
  std::size_t pushes = 1;
  for (auto push = phone->push("user.changed"); push && text(*push, "display_name") != "Last";
       push = phone->push("user.changed"))
    ++pushes;
  CHECK(pushes <= 4);
  CHECK_FALSE(stranger->has_push("user.changed"));
}

TEST_CASE(
    "another handle: 200 with the profile, once in 24 h; the old one leads to its owner and is "
    "kept") {
  const auto ann = person("ann"), bob = person("bob");
  const auto change = [&](const account& a, const std::string& to) {
    return http().patch("/v1/account/handle", R"({"handle":)" + quoted(to) + "}", a.access_token);
  };
  const auto next = "N" + ann.handle.substr(0, 25);
  const auto changed = change(ann, next);
  INFO(changed.body);
  REQUIRE(changed.status == 200);
  CHECK(text(changed.json().as_object(), "handle") == next);
  CHECK(changed.json().as_object().contains("followers_count"));
  CHECK(text(read("/v1/users/me", ann), "handle") == next);
  CHECK(text(read("/v1/users/by-handle/" + ann.handle, bob), "handle") == next);
  CHECK(text(read("/v1/users/by-handle/" + next, bob), "account_id") == ann.id);
  const auto soon_again = change(ann, next + "x");
  CHECK(soon_again.status == 429);
  CHECK_FALSE(soon_again.header("Retry-After").empty());
  const auto taken = change(bob, ann.handle);
  CHECK(taken.status == 409);
  CHECK(taken.code() == "handle_taken");
  CHECK(change(bob, next).code() == "handle_taken");
  CHECK(change(bob, "a b").status == 400);
  CHECK(http().patch("/v1/account/handle", R"({"handle":"abc"})").status == 401);
}
