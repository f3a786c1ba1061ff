// The feed over HTTP and sockets, as a client meets it: beside people and content, composed by the gateway.
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

/// The contract's limit for a post to reach its readers, doubled for a loaded machine.
constexpr auto soon = 4s;

/// The bound of issue 13 for blocks.
constexpr auto blocks_take = 1s * nova::test::slowdown;

bool within(std::chrono::milliseconds limit, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + limit;
  do {
    if (holds()) return true;
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

std::string post(const account& a, const std::string& text, const std::string& rest = {}) {
  const auto r =
      http().post("/v1/posts", R"({"text":)" + quoted(text) + rest + "}", a.access_token);
  INFO(r.body);
  REQUIRE(r.status == 201);
  return std::string(nova::client::find_string(r.body, "post_id"));
}

int act(const std::string& verb, const std::string& path, const account& a,
        const std::string& body = {}) {
  const auto r = http().send({verb, path, body, a.access_token});
  INFO(verb, " ", path, " ", r.body);
  return r.status;
}

void follow(const account& a, const account& b) {
  REQUIRE(act("PUT", "/v1/users/" + b.id + "/follow", a) == 204);
}

json::object feed(const account& a, const std::string& query = {}) {
  const auto r = http().get("/v1/feed" + query, a.access_token);
  INFO(r.body);
  REQUIRE(r.status == 200);
  return r.json().as_object();
}

std::vector<std::string> ids(const json::object& page) {
  std::vector<std::string> out;
  for (const auto& item : page.at("items").as_array())
    out.emplace_back(item.at("post").at("post_id").as_string());
  return out;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "posts of followed people and one's own are in the feed with cards, and nothing else is") {
  const auto ann = person("ann"), bob = person("bob"), cleo = person("cleo");
  follow(ann, bob);
  const auto own = post(ann, "mine");
  CHECK(ids(feed(ann)) == strings{own});  // one's own acts are read at once
  CHECK(act("DELETE", "/v1/posts/" + own, ann) == 204);
  CHECK(ids(feed(ann)).empty());
  CHECK(act("POST", "/v1/posts/" + own + "/restore", ann) == 200);
  CHECK(ids(feed(ann)) == strings{own});
  const auto first = post(bob, "first");
  post(cleo, "elsewhere");
  REQUIRE(within(soon, [&] { return ids(feed(ann)) == strings{first, own}; }));
  const auto page = feed(ann);
  const auto& item = page.at("items").as_array()[0].as_object();
  CHECK(item.at("reason") == "following");
  CHECK(item.at("post").at("text") == "first");
  CHECK(item.at("post").at("author").at("handle") == json::string(bob.handle));
  CHECK(item.at("post").at("author").at("relation").at("following") == true);
  CHECK(page.at("next_cursor").is_null());
  CHECK(page.at("degraded").as_array().empty());
  CHECK(page.at("as_of").is_string());
  CHECK(http().get("/v1/feed", "").status == 401);
}

TEST_CASE("a cursor goes through the feed without doubles or holes while new posts come") {
  const auto ann = person("ann"), bob = person("bob");
  follow(ann, bob);
  strings expected;
  for (int i = 0; i < 7; ++i) expected.insert(expected.begin(), post(bob, std::to_string(i)));
  REQUIRE(within(soon, [&] { return ids(feed(ann)) == expected; }));
  auto page = feed(ann, "?limit=3");
  auto seen = ids(page);
  post(bob, "new");
  while (page.at("next_cursor").is_string()) {
    page = feed(ann, "?limit=3&cursor=" + std::string(page.at("next_cursor").as_string()));
    for (auto& id : ids(page)) seen.push_back(id);
  }
  CHECK(seen == expected);
  CHECK(http().get("/v1/feed?cursor=AAAA", ann.access_token).status == 400);
  CHECK(http().get("/v1/feed?limit=0", ann.access_token).status == 400);
}

TEST_CASE(
    "shares and hashtags say why they are there; deletion, unfollowing, muting and blocking clean "
    "up") {
  const auto ann = person("ann"), bob = person("bob"), cleo = person("cleo");
  follow(ann, bob);
  const auto shared = post(cleo, "look");
  REQUIRE(act("PUT", "/v1/posts/" + shared + "/share", bob) == 204);
  REQUIRE(within(soon, [&] { return ids(feed(ann)) == strings{shared}; }));
  const auto item = feed(ann).at("items").as_array()[0].as_object();
  CHECK(item.at("reason") == "share");
  CHECK(item.at("shared_by").at("account_id") == json::string(bob.id));

  const auto tag = "tag" + nova::client::unique_suffix();
  REQUIRE(act("PUT", "/v1/hashtags/" + tag + "/follow", ann) == 204);
  const auto tagged = post(cleo, "with #" + tag);
  REQUIRE(within(soon, [&] { return ids(feed(ann)) == strings{tagged, shared}; }));
  CHECK(feed(ann).at("items").as_array()[0].at("reason") == "hashtag");
  const auto why = http().get("/v1/feed/why/" + tagged, ann.access_token);
  CHECK(why.status == 200);
  CHECK(why.json().at("reason") == "hashtag");
  CHECK(why.json().at("parts").at("recency").to_number<double>() > 0.9);

  REQUIRE(act("DELETE", "/v1/posts/" + tagged, cleo) == 204);
  CHECK(within(soon, [&] { return ids(feed(ann)) == strings{shared}; }));
  REQUIRE(act("PUT", "/v1/users/" + bob.id + "/mute", ann, "{}") == 204);
  CHECK(within(soon, [&] { return ids(feed(ann)).empty(); }));
  REQUIRE(act("DELETE", "/v1/users/" + bob.id + "/mute", ann) == 204);
  CHECK(within(soon, [&] { return ids(feed(ann)) == strings{shared}; }));
  REQUIRE(act("PUT", "/v1/users/" + cleo.id + "/block", ann) == 204);
  CHECK(within(blocks_take, [&] { return ids(feed(ann)).empty(); }));
  REQUIRE(act("DELETE", "/v1/users/" + cleo.id + "/block", ann) == 204);
  REQUIRE(act("DELETE", "/v1/users/" + bob.id + "/follow", ann) == 204);
  CHECK(within(soon, [&] { return ids(feed(ann)).empty(); }));
  CHECK(http().get("/v1/feed/why/" + shared, ann.access_token).status == 404);
}

TEST_CASE("preferences rank the feed and mute words; what is wrong with them is said") {
  const auto ann = person("ann");
  const auto before = http().get("/v1/feed/preferences", ann.access_token);
  CHECK(before.json().at("mode") == "chronological");
  const auto plain = post(ann, "plain"), liked = post(ann, "liked");
  post(person("bob"), "elsewhere");
  REQUIRE(act("PUT", "/v1/posts/" + plain + "/reactions/%F0%9F%91%8D", person("fan")) == 204);
  CHECK(act("PUT", "/v1/feed/preferences", ann,
            R"({"mode":"ranked","weights":{"reactions":10},"muted_words":["Spoiler"]})") == 200);
  CHECK(within(soon, [&] { return ids(feed(ann)) == strings{plain, liked}; }));
  CHECK(feed(ann).at("items").as_array()[0].at("score").to_number<double>() > 1);
  CHECK(act("PUT", "/v1/feed/preferences", ann, R"({"weights":{"recency":11}})") == 400);
  CHECK(act("PUT", "/v1/feed/preferences", ann, R"({"mode":"loud"})") == 400);
}

TEST_CASE("sockets are told of new posts, at most once a second; the page is there as feed.page") {
  const auto ann = person("ann"), bob = person("bob");
  follow(ann, bob);
  auto anns = socket(ann);
  const auto first = post(bob, "first");
  const auto told = anns->push("feed.post", with("post_id", first));
  REQUIRE(told.has_value());
  CHECK(text(*told, "author_id") == bob.id);
  post(bob, "second");
  post(bob, "third");
  const auto several = anns->push("feed.post");
  REQUIRE(several.has_value());
  CHECK(number(*several, "count") == 2);
  const auto page = anns->call("feed.page", "{}");
  CHECK(page.ok);
}
