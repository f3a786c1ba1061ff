// Many nodes, one Nova: two gateway nodes without databases and two nodes with all domains, as a client sees them.
#include "tests/cluster/processes.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace nova;
using namespace nova::client;
using namespace std::chrono_literals;
using nova::cluster::processes;

namespace {

processes& four() {
  static processes all({{"east", {"auth", "user", "messaging", "content", "feed"}},
                        {"west", {"auth", "user", "messaging", "content", "feed"}},
                        {"front", {"gateway"}},
                        {"side", {"gateway"}}});
  return all;
}

io_thread& io() {
  static io_thread one;
  return one;
}

account person(http_client& http, const std::string& name) {
  std::string why;
  auto a = register_account(http, name + unique_suffix(), &why);
  INFO(why);
  REQUIRE(a.has_value());
  return *a;
}

std::unique_ptr<device> socket(const std::string& node, const account& a,
                               const std::string& resume = {}, const std::string& seen = {}) {
  auto d = std::make_unique<device>(io(), session_options{.to = four().at(node),
                                                          .access_token = a.access_token,
                                                          .resume_token = resume,
                                                          .seen = seen});
  const bool open = d->open();
  INFO(d->reason());
  REQUIRE(open);
  return d;
}

std::string direct(http_client& http, const account& a, const account& b) {
  std::string why;
  auto id = create_conversation(http, a, "direct", {b.id}, &why);
  INFO(why);
  REQUIRE(!id.empty());
  return id;
}

std::string message(const std::string& conversation, const std::string& client_id) {
  return R"({"conversation_id":)" + client::quoted(conversation) + R"(,"client_id":)" +
         client::quoted(client_id) + R"(,"text":)" + client::quoted(client_id) + "}";
}

}  // namespace

TEST_CASE("people of two gateway nodes write to each other, and no push crosses a link twice") {
  http_client front(four().at("front")), side(four().at("side"));
  const auto ann = person(front, "ann"), bob = person(side, "bob");
  auto anns = socket("front", ann), bobs = socket("side", bob);
  const auto c = direct(front, ann, bob);
  for (int i = 1; i <= 20; ++i)
    REQUIRE(anns->call("messaging.send", message(c, std::to_string(i))).ok);
  for (int i = 1; i <= 20; ++i) {
    const auto p = bobs->push("messaging.message");
    REQUIRE(p.has_value());
    CHECK(p->at("seq").to_number<int>() == i);
  }
  CHECK_FALSE(bobs->has_push("messaging.message"));
  REQUIRE(bobs->call("messaging.send", message(c, "back")).ok);
  CHECK(anns->push("messaging.message",
                   [](const auto& p) { return p.at("seq").template to_number<int>() == 21; }));
}

TEST_CASE(
    "a session that is resumed on another gateway node loses nothing, and its first socket is "
    "replaced") {
  http_client front(four().at("front"));
  const auto ann = person(front, "ann"), bob = person(front, "bob");
  auto anns = socket("front", ann);
  const auto c = direct(front, ann, bob);
  auto bobs = socket("front", bob);
  REQUIRE(anns->call("messaging.send", message(c, "1")).ok);
  REQUIRE(bobs->push("messaging.message"));
  auto again =
      socket("side", bob, bobs->resume_token(), "{" + client::quoted(c) + R"(:{"seq":1,"rev":0}})");
  CHECK(bobs->closed() == 4409);
  REQUIRE(anns->call("messaging.send", message(c, "2")).ok);
  const auto p = again->push("messaging.message");
  REQUIRE(p);
  CHECK(p->at("seq").to_number<int>() == 2);
}

TEST_CASE("a session that is signed out on one gateway node is closed on the other") {
  http_client front(four().at("front"));
  const auto ann = person(front, "ann");
  auto anns = socket("side", ann);
  CHECK(
      front
          .post("/v1/auth/logout", R"({"refresh_token":)" + client::quoted(ann.refresh_token) + "}")
          .status < 300);
  CHECK(anns->closed(5s) == 4401);
}

TEST_CASE(
    "kill -9 of the node that owns messaging: no answered message is lost, the other node serves") {
  http_client front(four().at("front")), side(four().at("side"));
  const auto ann = person(front, "ann"), bob = person(side, "bob");
  const auto c = direct(front, ann, bob);
  REQUIRE(four().owned("messaging", "east", [](const auto&) { return true; }));
  const auto owner = four().owner("messaging", "east");
  const std::string other = owner == "east" ? "west" : "east";

  auto anns = socket("front", ann);
  std::string token;
  std::set<std::string> answered;
  int number = 0;
  auto send = [&] {
    const auto id = "m" + std::to_string(++number);
    const auto end = std::chrono::steady_clock::now() + 30s * nova::test::slowdown;
    while (std::chrono::steady_clock::now() < end) {
      if (anns->call("messaging.send", message(c, id)).ok) return answered.insert(id), true;
      if (anns->closed(0ms) != -1) {
        auto next = std::make_unique<device>(
            io(), session_options{.to = four().at("front"), .access_token = ann.access_token});
        if (next->open()) anns = std::move(next);
      }
    }
    return false;
  };
  for (int i = 0; i < 50; ++i) REQUIRE(send());
  four().node(owner).kill();
  const auto killed = std::chrono::steady_clock::now();
  const bool served = send();
  INFO(four().logs());
  REQUIRE(served);
  const auto gap = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - killed);
  MESSAGE("first answered send after kill -9: ", gap.count(), " ms");
  CHECK(gap < 3500ms * nova::test::slowdown);
  for (int i = 0; i < 20; ++i) REQUIRE(send());
  CHECK(four().owned("messaging", other, [&](const auto& node) { return node == other; }));

  const auto page = side.get("/v1/conversations/" + c + "/messages?limit=100", bob.access_token);
  REQUIRE(page.status == 200);
  const auto history = page.json();
  std::multiset<std::string> stored;
  for (const auto& m : history.at("items").as_array())
    stored.insert(std::string(m.at("text").as_string()));
  for (const auto& id : answered) CHECK(stored.count(id) == 1);
  CHECK(stored.size() == answered.size());
}
