// Many nodes, one Nova: two gateway nodes without databases and two nodes with all domains, as a client sees them.
#include "actors/domain_modules.hpp"
#include "actors/runtime/placement/rendezvous.hpp"
#include "tests/cluster/cluster_stage.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace nova;
using namespace nova::client;
using namespace std::chrono_literals;
using namespace nova::cluster;

namespace {

/// Someone who sends without a pause, resumes after a loss, and remembers what was answered.
class sender {
 public:
  sender(account who, std::string conversation)
      : who_(std::move(who)),
        conversation_(std::move(conversation)),
        socket_(socket("front", who_)) {}

  /// Until it is answered; false after 30 s.
  bool send() {
    const auto id = "m" + std::to_string(++number_);
    const auto from = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - from < 30s * nova::test::slowdown) {
      const auto r = socket_->call("messaging.send", message(conversation_, id));
      slowest = std::max(slowest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                      std::chrono::steady_clock::now() - from));
      if (r.ok) return answered.insert(id), true;
      if (r.lost) {
        ++losses;
        auto next = std::make_unique<device>(
            io(), session_options{.to = four().at("front"), .access_token = who_.access_token});
        if (next->open()) socket_ = std::move(next);
      } else {
        ++failures;
        last_failure = r.code();
      }
    }
    return false;
  }
  void send_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 30s * nova::test::slowdown;
    bool over = done();
    INFO(last_failure, "\n", four().logs());  // made only when it fails
    for (; !over && std::chrono::steady_clock::now() < end; over = done()) REQUIRE(send());
    REQUIRE(over);
  }

  std::set<std::string> answered;
  std::chrono::milliseconds slowest{0};  ///< from the first try of a send to its answer
  int failures = 0, losses = 0;          ///< tries that were refused, and that lost their socket
  std::string last_failure;

 private:
  const account who_;
  const std::string conversation_;
  std::unique_ptr<device> socket_;
  int number_ = 0;
};

/// Each answered message is there once, and no other.
void expect_all(const sender& s, const account& reader, const std::string& conversation) {
  http_client side(four().at("side"));
  std::multiset<std::string> stored;
  std::string cursor;
  do {
    const auto page = side.get("/v1/conversations/" + conversation + "/messages?limit=100" + cursor,
                               reader.access_token);
    REQUIRE(page.status == 200);
    const auto history = page.json();
    for (const auto& m : history.at("items").as_array())
      stored.insert(std::string(m.at("text").as_string()));
    const auto& next = history.at("next_cursor");
    cursor = next.is_string() ? "&cursor=" + std::string(next.as_string()) : "";
  } while (!cursor.empty());
  for (const auto& id : s.answered) CHECK(stored.count(id) == 1);
  CHECK(stored.size() == s.answered.size());
}

std::string other_of(const std::string& node) { return node == "east" ? "west" : "east"; }

/// Has the parts that are not at `best` moved there, one by one, until `asked` says that all are.
bool gathered(processes& all, const std::string& domain, const std::string& asked,
              const std::function<std::string(std::size_t part)>& best) {
  return all.owned(domain, asked, [&](std::size_t part, const std::string& node) {
    if (node == best(part)) return true;
    http_client pages(all.at(node));
    pages.post("/cluster/move/" + domain + "." + std::to_string(part) + "/" + best(part), "");
    return false;  // asked again; refused while it moves or the node does not count yet
  });
}

/// The node that owns the conversation, when both nodes with domains are up, linked with all, each part is where it belongs, and both know
/// it: nothing moves by itself after that.
std::string settled_owner(const std::string& conversation) {
  // A gateway that a node with parts meets later tells its sockets to resume.
  all_linked();
  const std::vector<std::pair<std::string, double>> nodes{{"east", 1.0}, {"west", 1.0}};
  for (const auto& m : domain_modules())
    for (const auto* asked : {"east", "west"})
      REQUIRE(gathered(four(), std::string(m.name), asked, [&](std::size_t part) {
        return std::string(
            runtime::rendezvous(std::string(m.name) + "/" + std::to_string(part), nodes));
      }));
  return four().owner("messaging", conversation, "east");
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

TEST_CASE("the bytes on a link for a message do not grow with the members of its group") {
  http_client front(four().at("front"));
  const auto ann = person(front, "ann");
  const auto members = register_accounts(four().at("front"), "crowd" + unique_suffix() + "_", 80);
  REQUIRE(members.size() == 80);
  auto anns = socket("front", ann);
  std::vector<std::unique_ptr<device>> there;
  for (const auto& m : members) there.push_back(socket("side", m));
  const auto sent_by_owners = [] {
    std::uint64_t bytes = 0;
    for (const auto* node : {"east", "west"})
      bytes += http_client(four().at(node))
                   .get("/cluster")
                   .json()
                   .at("counters")
                   .at("link_bytes_out")
                   .to_number<std::uint64_t>();
    return bytes;
  };
  constexpr std::size_t messages = 200;
  // Of so many messages to a group of the first `size` members, when the first one has been heard.
  const auto bytes_of = [&](std::size_t size) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < size; ++i) ids.push_back(members[i].id);
    std::string why;
    const auto c = create_conversation(front, ann, "group", ids, &why);
    INFO(why);
    REQUIRE(!c.empty());
    REQUIRE(anns->call("messaging.send", message(c, "first")).ok);
    for (std::size_t i = 0; i < size; ++i) REQUIRE(there[i]->push("messaging.message"));
    const auto before = sent_by_owners();
    for (std::size_t n = 0; n < messages; ++n)
      REQUIRE(anns->call("messaging.send", message(c, std::to_string(n))).ok);
    for (std::size_t n = 0; n < messages; ++n)
      for (std::size_t i = 0; i < size; ++i) REQUIRE(there[i]->push("messaging.message"));
    return sent_by_owners() - before;
  };
  const auto few = bytes_of(20), many = bytes_of(80);
  MESSAGE(messages, " messages: ", few, " bytes to 20 members, ", many, " to 80");
  CHECK(many < few + messages * (80 - 20) * 16 / 2);  // an account has 16 bytes
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

TEST_CASE("typing and presence cross gateway nodes") {
  http_client front(four().at("front")), side(four().at("side"));
  const auto ann = person(front, "ann"), bob = person(side, "bob");
  const auto c = direct(front, ann, bob);
  auto anns = socket("front", ann);
  const auto status_is = [](std::string_view status) {
    return [status](const boost::json::object& o) { return o.at("status").as_string() == status; };
  };
  const auto told =
      anns->call("presence.subscribe", R"({"account_ids":[)" + client::quoted(bob.id) + "]}");
  REQUIRE(told.number("watching") == 1);
  REQUIRE(anns->push("presence.changed", status_is("offline")));
  {
    auto bobs = socket("side", bob);
    REQUIRE(anns->push("presence.changed", status_is("online")));
    REQUIRE(bobs->call("messaging.typing", R"({"conversation_id":)" + client::quoted(c) + "}").ok);
    CHECK(anns->push("messaging.typing"));
  }
  CHECK(anns->push("presence.changed", status_is("offline")));
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
  const auto owner = settled_owner(c), other = other_of(owner);
  sender s(ann, c);
  for (int i = 0; i < 50; ++i) REQUIRE(s.send());
  four().node(owner).kill();
  s.slowest = {};
  REQUIRE(s.send());
  MESSAGE("first answered send after kill -9: ", s.slowest.count(), " ms");
  CHECK(s.slowest < 3500ms * nova::test::slowdown);
  for (int i = 0; i < 20; ++i) REQUIRE(s.send());
  CHECK(four().owned("messaging", other, [&](auto, const auto& node) { return node == other; }));
  expect_all(s, bob, c);
}

TEST_CASE("a node that stands still loses its parts, and writes nothing when it goes on") {
  http_client front(four().at("front")), side(four().at("side"));
  const auto ann = person(front, "ann"), bob = person(side, "bob");
  const auto c = direct(front, ann, bob);
  const auto owner = settled_owner(c), other = other_of(owner);
  sender s(ann, c);
  for (int i = 0; i < 10; ++i) REQUIRE(s.send());
  four().node(owner).pause();
  s.slowest = {};
  REQUIRE(s.send());
  MESSAGE("first answered send after SIGSTOP: ", s.slowest.count(), " ms");
  CHECK(s.slowest < 6s * nova::test::slowdown);
  CHECK(four().owned("messaging", other, [&](auto, const auto& node) { return node == other; }));
  four().node(owner).resume();
  for (int i = 0; i < 20; ++i) REQUIRE(s.send());
  expect_all(s, bob, c);
}

TEST_CASE("the parts of a domain move between its nodes under load, and no call fails") {
  http_client front(four().at("front")), side(four().at("side"));
  const auto ann = person(front, "ann"), bob = person(side, "bob");
  const auto c = direct(front, ann, bob);
  auto owner = settled_owner(c);
  sender s(ann, c);
  auto bobs = socket("side", bob);
  for (int move = 0; move < 6; ++move) {
    const auto next = other_of(owner);
    http_client pages(four().at(owner));
    s.send_until([&] {
      const auto answer = pages.post("/cluster/move/messaging/" + next, "");
      return answer.body.find("true") != std::string::npos;
    });
    s.send_until([&] {
      const auto all = four().owners("messaging", next);
      return std::ranges::count(all, next) == static_cast<std::ptrdiff_t>(all.size());
    });
    for (int i = 0; i < 5; ++i) REQUIRE(s.send());
    owner = next;
  }
  MESSAGE("6 moves, ", s.answered.size(), " sends, slowest ", s.slowest.count(), " ms");
  CHECK_MESSAGE(s.failures == 0, s.last_failure);
  CHECK(s.losses == 0);
  CHECK(bobs->closed(0ms) == -1);
  for (std::size_t i = 1; i <= s.answered.size(); ++i) {
    const auto p = bobs->push("messaging.message");
    REQUIRE(p);
    CHECK(p->at("seq").to_number<std::size_t>() == i);
  }
  expect_all(s, bob, c);
}

TEST_CASE("a node that is drained hands its domains over, and no call fails") {
  http_client front(four().at("front")), side(four().at("side"));
  const auto ann = person(front, "ann"), bob = person(side, "bob");
  const auto c = direct(front, ann, bob);
  const auto owner = settled_owner(c);
  sender s(ann, c);
  for (int i = 0; i < 10; ++i) REQUIRE(s.send());
  http_client pages(four().at(owner));
  REQUIRE(pages.post("/cluster/drain", "").status == 200);
  s.send_until([&] { return !four().node(owner).running(); });
  CHECK(four().node(owner).stop() == 0);
  MESSAGE("drain: ", s.answered.size(), " sends, slowest ", s.slowest.count(), " ms");
  CHECK_MESSAGE(s.failures == 0, s.last_failure);
  CHECK(s.losses == 0);
  expect_all(s, bob, c);
}

TEST_CASE("a gateway node whose links break for a while closes no socket and misses no push") {
  http_client front(four().at("front")), side(four().at("side"));
  const auto ann = person(front, "ann"), bob = person(side, "bob");
  const auto c = direct(front, ann, bob);
  settled_owner(c);
  sender s(ann, c);
  auto bobs = socket("side", bob);
  REQUIRE(s.send());
  const auto before = bobs->push("messaging.message");
  INFO("socket ", bobs->closed(0ms), "\n", four().logs());
  REQUIRE(before);
  four().node("side").pause();
  const auto owner = four().owner("messaging", c, "east");
  s.send_until([&] {  // until its links are given up
    client::http_client pages(four().at(owner));
    const auto members = pages.get("/cluster").json().at("members").as_array();
    return std::ranges::any_of(members, [](const auto& m) {
      return m.at("node").as_string() == "side" && !m.at("linked").as_bool();
    });
  });
  for (int i = 0; i < 5; ++i) REQUIRE(s.send());
  four().node("side").resume();
  for (std::size_t i = 2; i <= s.answered.size(); ++i) {
    const auto p = bobs->push("messaging.message", {}, 15s);
    INFO(i, " of ", s.answered.size(), ", socket ", bobs->closed(0ms), "\n", four().logs());
    REQUIRE(p);
    CHECK(p->at("seq").to_number<std::size_t>() == i);
  }
  REQUIRE(s.send());
  CHECK(bobs->push("messaging.message"));
  CHECK(bobs->closed(0ms) == -1);
}

TEST_CASE(
    "a node that takes over a domain reads what its last owner did not, though no event follows") {
  std::vector<std::string> most{"gateway"};
  for (const auto& m : domain_modules())
    if (m.name != "search") most.emplace_back(m.name);
  processes three({{"base", most}, {"one", {"search"}}, {"two", {"search"}}});
  http_client base(three.at("base"));
  const auto ann = person(base, "ann");
  const std::string owner = "one";
  REQUIRE(gathered(three, "search", owner, [&](auto) { return owner; }));
  const auto finds = [&](const std::string& word) {
    return base.get("/v1/search?q=" + word, ann.access_token).body.find(word + " here") !=
           std::string::npos;
  };
  const auto within = [](std::chrono::seconds most_s, const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + most_s * nova::test::slowdown;
    while (!holds())
      if (std::chrono::steady_clock::now() > end) return false;
    return true;
  };
  REQUIRE(base.post("/v1/posts", R"({"text":"heard here"})", ann.access_token).status == 201);
  REQUIRE(within(20s, [&] { return finds("heard"); }));

  three.node(owner).pause();
  REQUIRE(base.post("/v1/posts", R"({"text":"unheard here"})", ann.access_token).status == 201);
  three.node(owner).kill();
  CHECK(within(20s, [&] { return finds("heard"); }));  // the other node answers
  CHECK(within(5s, [&] { return finds("unheard"); }));
}
