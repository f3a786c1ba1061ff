// Posts over real HTTP and sockets, by the contract alone: status codes, cards, who may see.
#include "protocols/core/ids.hpp"
#include "tests/flow/world.hpp"
#include "tests/support/slowdown.hpp"

#include <boost/json/array.hpp>

#include <chrono>
#include <functional>
#include <set>

using namespace nova::flow;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

std::string member(const http_reply& reply, std::string_view name) {
  return std::string(nova::client::find_string(reply.body, name));
}

http_reply create(const account& a, const std::string& body) {
  return http().post("/v1/posts", body, a.access_token);
}

std::string post_of(const account& a, const std::string& text, const std::string& more = {}) {
  const auto reply = create(a, R"({"text":)" + quoted(text) + more + "}");
  INFO(reply.body);
  REQUIRE(reply.status == 201);
  return member(reply, "post_id");
}

json::object shown(const account& a, const std::string& post) {
  const auto reply = http().get("/v1/posts/" + post, a.access_token);
  INFO(reply.body);
  REQUIRE(reply.status == 200);
  return reply.json().as_object();
}

int status_of(const account& a, const std::string& post) {
  return http().get("/v1/posts/" + post, a.access_token).status;
}

/// Until it holds, at most 5 s: what one domain tells another comes a little later.
bool soon(const std::function<bool()>& holds) {
  for (const auto end = std::chrono::steady_clock::now() + 5s;
       std::chrono::steady_clock::now() < end;)
    if (holds()) return true;
  return false;
}

/// The bound of issue 13 for blocks and privacy.
bool within_a_second(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + 1s * nova::test::slowdown;
  do {
    if (holds()) return true;
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

int put(const account& a, const std::string& path) {
  return http().put(path, "{}", a.access_token).status;
}
int remove(const account& a, const std::string& path) {
  return http().del(path, a.access_token).status;
}

}  // namespace

TEST_CASE("a post carries its author's card, entities and counts, for guests as well") {
  const auto ann = person("ann"), bob = person("bob");
  const auto id = post_of(ann, "Hi @" + bob.handle + " #Tea", R"(,"language":"en")");
  const auto post = shown(bob, id);
  const auto& author = post.at("author").as_object();
  CHECK(text(author, "account_id") == ann.id);
  CHECK(text(author, "handle") == ann.handle);
  CHECK(author.contains("relation"));
  CHECK(post.at("edited_at").is_null());
  CHECK(post.at("quote").is_null());
  CHECK(post.at("poll").is_null());
  CHECK(text(post, "visibility") == "public");
  CHECK(text(post.at("entities").at(0).as_object(), "account_id") == bob.id);
  CHECK(number(post.at("counts").as_object(), "comments") == 0);
  CHECK(post.at("mine").at("reaction").is_null());
  const auto guest = http().get("/v1/posts/" + id);
  REQUIRE(guest.status == 200);
  CHECK_FALSE(guest.json().at("author").as_object().contains("relation"));
  CHECK(http().get("/v1/users/" + ann.id + "/posts").json().at("items").as_array().size() == 1);
  CHECK(http().get("/v1/bookmarks").status == 401);
  CHECK(create({}, R"({"text":"x"})").status == 401);
}

TEST_CASE("what is wrong with a post is 400 with its fields") {
  const auto ann = person("ann");
  CHECK(create(ann, "{}").status == 400);
  CHECK(create(ann, R"({"text":")" + std::string(10'001, 'x') + "\"}").status == 400);
  CHECK(create(ann, R"({"text":")" + std::string(10'000, 'x') + "\"}").status == 201);
  CHECK(create(ann, R"({"text":"x","visibility":"friends"})").status == 400);
  CHECK(create(ann, R"({"text":"x","poll":{"options":["a"],"ends_in_s":60}})").status == 400);
  CHECK(status_of(ann, ann.id) == 404);
}

TEST_CASE("an Idempotency-Key gives the first post again, and 409 with another body") {
  const auto ann = person("ann");
  const auto send = [&](const std::string& body) {
    return http().send({.method = "POST",
                        .target = "/v1/posts",
                        .body = body,
                        .bearer = ann.access_token,
                        .headers = {{"Idempotency-Key", "k1"}}});
  };
  const auto first = send(R"({"text":"once"})");
  REQUIRE(first.status == 201);
  CHECK(member(send(R"({"text":"once"})"), "post_id") == member(first, "post_id"));
  CHECK(send(R"({"text":"twice"})").status == 409);
}

TEST_CASE("editing, deleting and restoring answer as the contract says") {
  const auto ann = person("ann"), bob = person("bob");
  const auto id = post_of(ann, "one", R"(,"content_warning":"plot")"), path = "/v1/posts/" + id;
  const auto edit = [&](const account& a, const std::string& body) {
    return http().patch(path, body, a.access_token);
  };
  CHECK(edit(bob, R"({"text":"mine"})").status == 403);
  const auto edited = edit(ann, R"({"text":"two","content_warning":null})");
  REQUIRE(edited.status == 200);
  CHECK(edited.json().at("content_warning").is_null());
  CHECK(edited.json().at("edited_at").is_string());
  const auto history = http().get(path + "/history", bob.access_token).json();
  REQUIRE(history.at("items").as_array().size() == 1);
  CHECK(text(history.at("items").at(0).as_object(), "content_warning") == "plot");
  CHECK(remove(bob, path) == 403);
  CHECK(remove(ann, path) == 204);
  CHECK(remove(ann, path) == 204);
  CHECK(status_of(ann, id) == 404);
  CHECK(http().post(path + "/restore", "{}", bob.access_token).status == 404);
  CHECK(http().post(path + "/restore", "{}", ann.access_token).status == 200);
  CHECK(status_of(bob, id) == 200);
}

TEST_CASE("a deleted post is pinned no longer, and its place is free") {
  const auto ann = person("ann");
  std::vector<std::string> ids;
  for (const auto* words : {"a", "b", "c", "d"}) ids.push_back(post_of(ann, words));
  const auto pin = [&](const std::string& id) { return put(ann, "/v1/posts/" + id + "/pin"); };
  for (int i = 0; i < 3; ++i) CHECK(pin(ids[static_cast<std::size_t>(i)]) == 204);
  CHECK(pin(ids[3]) == 409);
  const auto pinned = [&] {
    std::vector<std::string> out;
    const auto me = http().get("/v1/users/me", ann.access_token).json();
    for (const auto& id : me.at("pinned_post_ids").as_array()) out.emplace_back(id.as_string());
    return out;
  };
  CHECK(soon([&] { return pinned() == std::vector{ids[2], ids[1], ids[0]}; }));
  CHECK(remove(ann, "/v1/posts/" + ids[1]) == 204);
  CHECK(soon([&] { return pinned() == std::vector{ids[2], ids[0]}; }));
  const auto back = http().post("/v1/posts/" + ids[1] + "/restore", "{}", ann.access_token);
  CHECK(back.status == 200);
  CHECK(back.json().at("pinned") == false);
  CHECK(pin(ids[3]) == 204);
  CHECK(soon([&] { return pinned() == std::vector{ids[3], ids[2], ids[0]}; }));
}

TEST_CASE("reactions: one an account, variants of an emoji are one, and only mine goes") {
  const auto ann = person("ann"), bob = person("bob");
  const auto id = post_of(ann, "hello"), path = "/v1/posts/" + id + "/reactions/";
  CHECK(put(bob, path + "%E2%9D%A4") == 204);           // ❤
  CHECK(put(ann, path + "%E2%9D%A4%EF%B8%8F") == 204);  // ❤ with U+FE0F
  const auto reactions = shown(bob, id).at("counts").at("reactions").as_object();
  REQUIRE(reactions.size() == 1);
  CHECK(reactions.begin()->value().to_number<int>() == 2);
  CHECK(put(bob, path + "%F0%9F%91%8D") == 204);  // 👍 replaces
  CHECK(remove(bob, path + "%E2%9D%A4") == 204);  // not mine any more
  CHECK(shown(bob, id).at("mine").at("reaction") == "👍");
  CHECK(put(bob, path + "x") == 400);
  CHECK(put(bob, "/v1/posts/" + ann.id + "/reactions/%F0%9F%91%8D") == 404);
}

TEST_CASE("comments are lists of one level; a deleted one with answers keeps its place") {
  const auto ann = person("ann"), bob = person("bob");
  const auto id = post_of(ann, "thread"), path = "/v1/posts/" + id + "/comments";
  const auto first = http().post(path, R"({"text":"first"})", bob.access_token);
  REQUIRE(first.status == 201);
  const auto comment = member(first, "comment_id");
  CHECK(first.json().at("parent").is_null());
  CHECK(text(first.json().at("author").as_object(), "handle") == bob.handle);
  const auto answer =
      http().post(path, R"({"text":"answer","parent":")" + comment + "\"}", ann.access_token);
  REQUIRE(answer.status == 201);
  CHECK(number(shown(ann, id).at("counts").as_object(), "comments") == 2);
  CHECK(remove(bob, "/v1/comments/" + comment) == 204);
  const auto level = http().get(path + "?sort=newest").json();
  REQUIRE(level.at("items").as_array().size() == 1);
  const auto& gone = level.at("items").at(0).as_object();
  CHECK(gone.at("deleted").as_bool());
  CHECK(number(gone, "replies_count") == 1);
  CHECK(gone.at("author").is_null());
  const auto below = http().get(path + "?parent=" + comment, bob.access_token).json();
  CHECK(text(below.at("items").at(0).as_object(), "text") == "answer");
  CHECK(http().get(path + "?limit=0").status == 400);
}

TEST_CASE("comments are read page by page, in both orders and of both levels, while others come") {
  const auto ann = person("ann"), bob = person("bob");
  const auto path = "/v1/posts/" + post_of(ann, "thread") + "/comments";
  const auto say = [&](const std::string& parent = {}) {
    const auto r = http().post(
        path, parent.empty() ? R"({"text":"so"})" : R"({"text":"so","parent":")" + parent + "\"}",
        bob.access_token);
    REQUIRE(r.status == 201);
    return member(r, "comment_id");
  };
  std::vector<std::string> level, below;
  for (int i = 0; i < 5; ++i) level.push_back(say());
  for (int i = 0; i < 5; ++i) below.push_back(say(level[2]));
  const auto walk = [&](const std::string& query) {
    std::vector<std::string> seen;
    std::string cursor;
    for (bool more = true; more && seen.size() < 20;) {
      const auto r = http().get(path + query + "&limit=2" + cursor, ann.access_token);
      INFO(r.body);
      REQUIRE(r.status == 200);
      const auto page = r.json().as_object();
      CHECK(page.at("items").as_array().size() <= 2);
      for (const auto& c : page.at("items").as_array())
        seen.push_back(text(c.as_object(), "comment_id"));
      if (seen.size() == 2) say(query.find("parent") == query.npos ? "" : level[2]);
      more = page.at("next_cursor").is_string();
      if (more) cursor = "&cursor=" + text(page, "next_cursor");
    }
    return seen;
  };
  // A comment that comes meanwhile is in front of the newest first, and at the end of the oldest first.
  const std::vector<std::string> newest(level.rbegin(), level.rend());
  CHECK(walk("?sort=newest") == newest);
  const auto oldest = walk("?sort=oldest&parent=" + level[2]);
  REQUIRE(oldest.size() >= below.size());
  CHECK(std::vector(oldest.begin(), oldest.begin() + 5) == below);
  CHECK(std::set(oldest.begin(), oldest.end()).size() == oldest.size());
  CHECK(http().get(path + "?sort=newest&cursor=AAAA").status == 400);
}

TEST_CASE("the posts of an account by kind: those with media, shares, and all") {
  const auto ann = person("ann"), bob = person("bob");
  const auto file = http().send({.method = "POST",
                                 .target = "/v1/media",
                                 .body = "some words",
                                 .bearer = ann.access_token,
                                 .content_type = "text/plain"});
  REQUIRE(file.status == 201);
  const auto plain = post_of(ann, "plain");
  const auto with = post_of(ann, "look", R"(,"media_ids":[")" + member(file, "media_id") + "\"]");
  const auto bobs = post_of(bob, "of bob");
  REQUIRE(put(ann, "/v1/posts/" + bobs + "/share") == 204);
  using strings = std::vector<std::string>;
  const auto posts = [&](const std::string& query) {
    strings out;
    const auto r = http().get("/v1/users/" + ann.id + "/posts" + query, bob.access_token);
    INFO(r.body);
    REQUIRE(r.status == 200);
    const auto page = r.json();
    for (const auto& item : page.at("items").as_array()) {
      const auto* inner = item.as_object().if_contains("post");
      out.push_back(text((inner != nullptr ? *inner : item).as_object(), "post_id"));
    }
    return out;
  };
  CHECK(posts("?kind=media") == strings{with});
  CHECK(posts("?kind=posts") == strings{with, plain});
  CHECK(posts("?kind=shares") == strings{bobs});
  CHECK(remove(ann, "/v1/posts/" + with) == 204);
  CHECK(posts("?kind=media").empty());
  CHECK(http().get("/v1/users/" + ann.id + "/posts?kind=films").status == 400);
}

TEST_CASE(
    "shares, bookmarks and pins are 204 both times; a fourth pin is 409, another's post 403") {
  const auto ann = person("ann"), bob = person("bob");
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(post_of(ann, "post"));
  const auto at = [&](std::size_t i, const char* what) { return "/v1/posts/" + ids[i] + what; };
  for (const auto* what : {"/share", "/bookmark"}) {
    CHECK(put(bob, at(0, what)) == 204);
    CHECK(put(bob, at(0, what)) == 204);
  }
  const auto mine = shown(bob, ids[0]).at("mine").as_object();
  CHECK(mine.at("shared").as_bool());
  CHECK(mine.at("bookmarked").as_bool());
  CHECK(http().get("/v1/bookmarks", bob.access_token).json().at("items").as_array().size() == 1);
  CHECK(http()
            .get("/v1/users/" + bob.id + "/posts?kind=shares")
            .json()
            .at("items")
            .as_array()
            .size() == 1);
  for (const auto* what : {"/share", "/bookmark"})
    for (int i = 0; i < 2; ++i) CHECK(remove(bob, at(0, what)) == 204);
  CHECK(put(bob, at(0, "/pin")) == 403);
  for (std::size_t i = 0; i < 3; ++i) CHECK(put(ann, at(i, "/pin")) == 204);
  CHECK(put(ann, at(0, "/pin")) == 204);
  CHECK(put(ann, at(3, "/pin")) == 409);
  CHECK(remove(ann, at(0, "/pin")) == 204);
  CHECK(put(ann, at(3, "/pin")) == 204);
  const auto closed = post_of(ann, "closed", R"(,"visibility":"followers")");
  CHECK(put(ann, "/v1/posts/" + closed + "/share") == 403);
  CHECK(put(bob, "/v1/posts/" + closed + "/share") == 404);
}

TEST_CASE("polls, scheduled posts, drafts and hashtags") {
  const auto ann = person("ann"), bob = person("bob");
  const auto poll = member(
      create(ann, R"({"text":"tea?","poll":{"options":["yes","no"],"ends_in_s":2}})"), "post_id");
  const auto vote = [&](const account& a, const std::string& choices) {
    return http().put("/v1/posts/" + poll + "/poll", R"({"choices":)" + choices + "}",
                      a.access_token);
  };
  CHECK(vote(bob, "[2]").status == 400);
  const auto voted = vote(bob, "[0]");
  REQUIRE(voted.status == 200);
  CHECK(number(voted.json().at("options").at(0).as_object(), "votes") == 1);
  CHECK(vote(bob, "[1]").status == 409);
  CHECK(soon([&] { return shown(ann, poll).at("poll").at("ended").as_bool(); }));
  CHECK(vote(ann, "[1]").status == 409);

  const auto later = create(ann, R"({"text":"later","scheduled_at":"2100-01-01T00:00:00.000Z"})");
  CHECK(later.status == 400);  // too far ahead
  const auto due = nova::format_rfc3339(nova::system_wall_clock().now() + 1'500);
  const auto scheduled = create(ann, R"({"text":"soon","scheduled_at":")" + due + "\"}");
  REQUIRE(scheduled.status == 202);
  const auto name = member(scheduled, "scheduled_id");
  CHECK(member(scheduled, "scheduled_at") == due);
  CHECK(http().get("/v1/scheduled", ann.access_token).json().at("items").as_array().size() == 1);
  CHECK(soon([&] { return status_of(bob, name) == 200; }));
  CHECK(remove(ann, "/v1/scheduled/" + name) == 404);

  const auto draft = http().post("/v1/drafts", R"({"text":"not yet"})", ann.access_token);
  REQUIRE(draft.status == 201);
  const auto kept = "/v1/drafts/" + member(draft, "draft_id");
  CHECK(http().patch(kept, R"({"text":"now"})", ann.access_token).status == 200);
  CHECK(http().get("/v1/drafts", ann.access_token).json().at("items").as_array().size() == 1);
  CHECK(remove(bob, kept) == 404);
  CHECK(remove(ann, kept) == 204);

  const auto tag = "Tag" + nova::client::unique_suffix();
  post_of(ann, "about #" + tag);
  CHECK(http().get("/v1/hashtags/" + tag + "/posts").json().at("items").as_array().size() == 1);
  CHECK(put(bob, "/v1/hashtags/" + tag + "/follow") == 204);
  CHECK(
      http().get("/v1/hashtags/following", bob.access_token).json().at("items").as_array().size() ==
      1);
  CHECK(remove(bob, "/v1/hashtags/" + tag + "/follow") == 204);
}

TEST_CASE(
    "a block hides posts both ways within a second, privacy as well; methods exist on the socket") {
  const auto ann = person("ann"), bob = person("bob");
  auto socket_of_bob = socket(bob);
  const auto id = post_of(ann, "for all"), bobs = post_of(bob, "for all");
  const auto block = "/v1/users/" + bob.id + "/block";
  for (int round = 0; round < 5; ++round) {
    CAPTURE(round);
    CHECK(socket_of_bob->call("content.get", R"({"post_id":")" + id + "\"}").ok);
    CHECK(put(ann, block) == 204);
    CHECK(
        within_a_second([&] { return status_of(bob, id) == 404 && status_of(ann, bobs) == 404; }));
    CHECK_FALSE(socket_of_bob->call("content.get", R"({"post_id":")" + id + "\"}").ok);
    CHECK(remove(ann, block) == 204);
    CHECK(
        within_a_second([&] { return status_of(bob, id) == 200 && status_of(ann, bobs) == 200; }));
  }
  CHECK(http().patch("/v1/users/me", R"({"private":true})", ann.access_token).status == 200);
  CHECK(within_a_second([&] { return status_of(bob, id) == 404; }));
}

TEST_CASE(
    "a mention is of the account: another handle changes neither its link nor who may see it") {
  const auto ann = person("ann"), bob = person("bob");
  const auto id = post_of(ann, "for @" + bob.handle, R"(,"visibility":"mentioned")");
  const auto next = "n" + bob.handle.substr(0, 25);
  const auto changed =
      http().patch("/v1/account/handle", R"({"handle":")" + next + "\"}", bob.access_token);
  INFO(changed.body);
  REQUIRE(changed.status == 200);
  const auto mentioned = [&](const std::string& post) {
    return text(shown(bob, post).at("entities").at(0).as_object(), "account_id");
  };
  CHECK(mentioned(id) == bob.id);
  CHECK(text(shown(bob, id), "text") == "for @" + bob.handle);
  const auto profile = http().get("/v1/users/" + mentioned(id), ann.access_token).json();
  CHECK(text(profile.as_object(), "handle") == next);
  CHECK(soon([&] {
    const auto entities = shown(bob, post_of(ann, "hello @" + next)).at("entities").as_array();
    return !entities.empty() && text(entities[0].as_object(), "account_id") == bob.id;
  }));
}

TEST_CASE("followers, private accounts and mentions decide who sees a post") {
  const auto ann = person("ann"), bob = person("bob"), cyd = person("cyd");
  const auto closed = post_of(ann, "for followers", R"(,"visibility":"followers")");
  const auto named = post_of(ann, "for @" + bob.handle, R"(,"visibility":"mentioned")");
  const auto open = post_of(ann, "for all");
  CHECK(status_of(bob, closed) == 404);
  CHECK(status_of(bob, named) == 200);
  CHECK(status_of(cyd, named) == 404);
  CHECK(put(bob, "/v1/users/" + ann.id + "/follow") == 204);
  CHECK(status_of(bob, closed) == 200);  // one's own follow is in force at once
  CHECK(shown(bob, closed).at("author").at("relation").at("following").as_bool());
  CHECK(remove(bob, "/v1/users/" + ann.id + "/follow") == 204);
  CHECK(status_of(bob, closed) == 404);

  CHECK(http().patch("/v1/users/me", R"({"private":true})", ann.access_token).status == 200);
  CHECK(soon([&] { return status_of(bob, open) == 404; }));
  CHECK(http().get("/v1/posts/" + open).status == 404);
  CHECK(http()
            .get("/v1/users/" + ann.id + "/posts", bob.access_token)
            .json()
            .at("items")
            .as_array()
            .size() == 1);  // the one that mentions bob
  CHECK(put(ann, "/v1/posts/" + open + "/share") == 403);
  CHECK(put(bob, "/v1/users/" + ann.id + "/follow") == 202);
  CHECK(status_of(bob, open) == 404);
  CHECK(put(ann, "/v1/follow-requests/" + bob.id) == 204);
  CHECK(soon([&] { return status_of(bob, open) == 200; }));
  CHECK(put(bob, "/v1/posts/" + open + "/share") == 403);
  CHECK(create(bob, R"({"text":"look","quote":")" + open + "\"}").status == 403);
}
