// The main job over real sockets: two people find each other and talk.
#include "tests/flow/world.hpp"

#include <boost/json/array.hpp>

#include <chrono>
#include <set>
#include <thread>

using namespace nova::flow;
using namespace std::chrono_literals;
namespace json = boost::json;

TEST_CASE(
    "two people find each other by handle and have one direct conversation, from either side and "
    "however many at once") {
  const auto ann = person("Ann"), bob = person("bob");
  std::string upper = bob.handle;
  for (auto& c : upper) c = static_cast<char>(std::toupper(c));
  const auto found = http().get("/v1/users/by-handle/" + upper, ann.access_token);
  INFO(found.body);
  REQUIRE(found.status == 200);
  CHECK(nova::client::find_string(found.body, "account_id") == bob.id);
  CHECK(nova::client::find_string(found.body, "handle") == bob.handle);

  std::vector<std::string> ids(8);
  std::vector<std::thread> askers;
  for (std::size_t i = 0; i < ids.size(); ++i)
    askers.emplace_back([&, i] {
      nova::client::http_client own(the_world().nova.at());
      ids[i] = nova::client::create_conversation(own, i % 2 ? ann : bob, "direct",
                                                 {i % 2 ? bob.id : ann.id});
    });
  for (auto& t : askers) t.join();
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 1);
  CHECK(ids.front() != "");

  const auto again =
      http().post("/v1/conversations", R"({"kind":"direct","member_ids":[")" + bob.id + "\"]}",
                  ann.access_token);
  CHECK(again.status == 200);
  const auto list = http().get("/v1/conversations", bob.access_token);
  REQUIRE(list.status == 200);
  CHECK(list.json().at("items").as_array().size() == 1);
  CHECK(list.json().at("next_cursor").is_null());
}

TEST_CASE(
    "messages go both ways: numbered from 1, pushed to every socket of both, echoed unless asked "
    "not to") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann), annie = socket(another_login(ann)), bobs = socket(bob, {.echo = false});
  const auto c = direct(ann, bob);

  const auto sent =
      anns->call("messaging.send", message(c, "a-1", "Hello, Bob \"quoted\" \n ünï 漢字"));
  REQUIRE(sent.ok);
  CHECK(sent.number("seq") == 1);
  for (auto* d : {anns.get(), annie.get(), bobs.get()}) {
    const auto p = d->push("messaging.message", with("conversation_id", c));
    REQUIRE(p.has_value());
    CHECK(number(*p, "seq") == 1);
    CHECK(text(*p, "text") == "Hello, Bob \"quoted\" \n ünï 漢字");
    CHECK(text(*p, "sender_id") == ann.id);
    CHECK(text(*p, "client_id") == "a-1");
    CHECK(text(*p, "message_id") == sent.text("message_id"));
    CHECK(text(*p, "sent_at") == sent.text("sent_at"));
    CHECK(p->contains("rev"));
  }
  REQUIRE(bobs->call("messaging.send", message(c, "b-1", "Hello, Ann")).number("seq") == 2);
  REQUIRE(anns->call("messaging.send", message(c, "a-2", "Third")).number("seq") == 3);
  CHECK(number(anns->push("messaging.message").value(), "seq") == 2);
  CHECK(number(annie->push("messaging.message").value(), "seq") == 2);
  CHECK(number(bobs->push("messaging.message").value(), "seq") == 3);  // not its own 2
}

TEST_CASE(
    "many sends at once from several sockets get 1..n without a gap, and everybody sees one "
    "order") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann), bobs = socket(bob);
  const auto c = direct(ann, bob);
  std::vector<std::string> of_ann, of_bob;
  for (int i = 0; i < 50; ++i) of_ann.push_back(message(c, "a" + std::to_string(i), "from ann"));
  for (int i = 0; i < 50; ++i) of_bob.push_back(message(c, "b" + std::to_string(i), "from bob"));
  std::vector<call_result> by_bob;
  std::thread other([&] { by_bob = bobs->call_all("messaging.send", of_bob); });
  auto all = anns->call_all("messaging.send", of_ann);
  other.join();
  for (std::size_t i = 1; i < all.size(); ++i)
    CHECK(all[i - 1].number("seq") < all[i].number("seq"));
  all.insert(all.end(), by_bob.begin(), by_bob.end());
  std::set<std::int64_t> seqs;
  for (const auto& r : all) seqs.insert(r.number("seq"));
  REQUIRE(seqs.size() == 100);
  CHECK(*seqs.begin() == 1);
  CHECK(*seqs.rbegin() == 100);
  for (std::int64_t seq = 1; seq <= 100; ++seq) {
    const auto a = anns->push("messaging.message"), b = bobs->push("messaging.message");
    REQUIRE((a && b));
    CHECK(number(*a, "seq") == seq);
    CHECK(number(*b, "seq") == seq);
    CHECK(text(*a, "message_id") == text(*b, "message_id"));
  }
}

TEST_CASE(
    "a repeated client_id gives the first answer, over any transport; with another body it is "
    "refused") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann), bobs = socket(bob);
  const auto c = direct(ann, bob);
  const auto first = anns->call("messaging.send", message(c, "same", "one text"));
  REQUIRE(first.ok);
  const auto again = anns->call("messaging.send", message(c, "same", "one text"));
  CHECK(again.body == first.body);
  const auto target = "/v1/conversations/" + c + "/messages";
  const auto over_http =
      http().post(target, R"({"client_id":"same","text":"one text"})", ann.access_token);
  CHECK(over_http.status == 201);
  CHECK(over_http.json() == first.body);
  CHECK(anns->call("messaging.send", message(c, "same", "another text")).code() ==
        "client_id_reused");
  const auto other =
      http().post(target, R"({"client_id":"same","text":"another"})", ann.access_token);
  CHECK(other.status == 409);
  CHECK(other.code() == "client_id_reused");
  CHECK(bobs->call("messaging.send", message(c, "same", "one text")).number("seq") ==
        2);  // per sender
  CHECK(number(bobs->push("messaging.message").value(), "seq") == 1);
  CHECK(number(bobs->push("messaging.message").value(), "seq") == 2);
  CHECK_FALSE(bobs->has_push("messaging.message"));
}

TEST_CASE("edit, recall and reactions reach both with growing rev, and the history shows them") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann), bobs = socket(bob);
  const auto c = direct(ann, bob);
  for (int i = 1; i <= 3; ++i)
    REQUIRE(anns->call("messaging.send", message(c, std::to_string(i), "text")).ok);

  REQUIRE(anns->call("messaging.edit", in(c, R"(,"seq":1,"text":"better")")).ok);
  REQUIRE(anns->call("messaging.recall", in(c, R"(,"seq":2)")).ok);
  REQUIRE(bobs->call("messaging.react", in(c, R"(,"seq":3,"emoji":"👍")")).ok);
  REQUIRE(anns->call("messaging.react", in(c, R"(,"seq":3,"emoji":"👍")")).ok);
  REQUIRE(
      http()
          .del("/v1/conversations/" + c + "/messages/3/reactions/%F0%9F%91%8D", ann.access_token)
          .status == 204);
  const std::vector<std::pair<std::string, std::int64_t>> expected = {{"edited", 1},
                                                                      {"recalled", 2},
                                                                      {"reaction_added", 3},
                                                                      {"reaction_added", 3},
                                                                      {"reaction_removed", 3}};
  for (auto* d : {anns.get(), bobs.get()}) {
    std::int64_t rev = 0;
    for (const auto& [kind, seq] : expected) {
      const auto p = d->push("messaging.updated", with("conversation_id", c));
      REQUIRE(p.has_value());
      CHECK(text(p->at("change").as_object(), "kind") == kind);
      CHECK(number(*p, "seq") == seq);
      CHECK(number(*p, "rev") == rev + 1);
      rev = number(*p, "rev");
    }
  }
  CHECK(bobs->call("messaging.edit", in(c, R"(,"seq":1,"text":"mine")")).code() == "forbidden");
  CHECK(http().del("/v1/conversations/" + c + "/messages/1", bob.access_token).status == 403);
  CHECK(anns->call("messaging.edit", in(c, R"(,"seq":9,"text":"none")")).code() == "not_found");

  const auto items = http()
                         .get("/v1/conversations/" + c + "/messages", bob.access_token)
                         .json()
                         .at("items")
                         .as_array();
  REQUIRE(items.size() == 3);
  CHECK(text(items[0].as_object(), "text") == "better");
  CHECK(items[0].at("edited_at").is_string());
  CHECK(items[1].at("recalled").as_bool());
  CHECK(text(items[1].as_object(), "text") == "");
  const auto& reactions = items[2].at("reactions").as_array();
  REQUIRE(reactions.size() == 1);
  CHECK(number(reactions[0].as_object(), "count") == 1);
  CHECK(text(reactions[0].as_object(), "emoji") == "👍");
  CHECK(reactions[0].at("mine").as_bool());
}

TEST_CASE(
    "read and delivered marks only move forward, are told to the other, and make the unread "
    "count") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann), bobs = socket(bob);
  const auto c = direct(ann, bob);
  for (int i = 1; i <= 5; ++i)
    REQUIRE(anns->call("messaging.send", message(c, std::to_string(i), "text")).ok);
  const auto unread = [&](const account& a) {
    const auto reply = http().get("/v1/conversations/" + c, a.access_token);
    return nova::client::find_number(reply.body, "unread").value_or(-1);
  };
  CHECK(unread(bob) == 5);
  CHECK(unread(ann) == 0);
  REQUIRE(bobs->call("messaging.delivered", in(c, R"(,"seq":5)")).ok);
  auto receipt = anns->push("messaging.receipt", with("account_id", bob.id));
  REQUIRE(receipt.has_value());
  CHECK(number(*receipt, "delivered_seq") == 5);
  REQUIRE(bobs->call("messaging.read", in(c, R"(,"seq":3)")).ok);
  receipt = anns->push("messaging.receipt", with("account_id", bob.id));
  REQUIRE(receipt.has_value());
  CHECK(number(*receipt, "read_seq") == 3);
  CHECK(unread(bob) == 2);
  CHECK(http().put("/v1/conversations/" + c + "/read", R"({"seq":1})", bob.access_token).status ==
        204);
  CHECK(unread(bob) == 2);
  CHECK(http().put("/v1/conversations/" + c + "/read", R"({"seq":5})", bob.access_token).status ==
        204);
  CHECK(unread(bob) == 0);
  REQUIRE(bobs->call("messaging.send", message(c, "own", "an own message is not unread")).ok);
  CHECK(unread(bob) == 0);
  CHECK(unread(ann) == 1);
}

TEST_CASE("typing reaches the other, not the typist; presence is told to who asked") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann);
  const auto c = direct(ann, bob);
  const auto now = anns->call("presence.subscribe", R"({"account_ids":[)" + quoted(bob.id) + "]}");
  REQUIRE(now.ok);
  {
    auto bobs = socket(bob);
    const auto online = anns->push("presence.changed", [&](const object& o) {
      return text(o, "account_id") == bob.id && text(o, "status") == "online";
    });
    CHECK(online.has_value());
    while (anns->has_push("presence.changed", with("status", "offline")))
      continue;  // his state before
    REQUIRE(bobs->call("messaging.typing", in(c)).ok);
    const auto typing = anns->push("messaging.typing", with("account_id", bob.id));
    REQUIRE(typing.has_value());
    CHECK(typing->at("typing").as_bool());
    REQUIRE(bobs->call("messaging.typing", in(c, R"(,"typing":false)")).ok);
    CHECK(anns->push("messaging.typing", with("typing", false)).has_value());
    bobs->close();
    CHECK(bobs->closed() == 1000);
  }
  CHECK(anns->push("presence.changed", with("status", "offline")).has_value());
}

TEST_CASE(
    "P4: presence is told to people with a common conversation, and a block ends it at once") {
  const auto ann = person("ann"), bob = person("bob"), dan = person("dan"), eve = person("eve");
  auto anns = socket(ann), dans = socket(dan);
  direct(ann, bob);
  direct(dan, bob);
  const auto of_bob = R"({"account_ids":[)" + quoted(bob.id) + "]}";
  CHECK(anns->call("presence.subscribe",
                   R"({"account_ids":[)" + quoted(bob.id) + "," + quoted(eve.id) + "]}")
            .number("watching") == 1);
  CHECK(dans->call("presence.subscribe", of_bob).number("watching") == 1);
  const auto left = [&](const object& o) {
    return text(o, "account_id") == bob.id && text(o, "status") == "offline" &&
           o.at("last_seen_at").is_string();
  };
  {
    auto bobs = socket(bob);
    REQUIRE(anns->push("presence.changed", with("status", "online")).has_value());
    REQUIRE(dans->push("presence.changed", with("status", "online")).has_value());
    REQUIRE(http().put("/v1/users/" + ann.id + "/block", "", bob.access_token).status == 204);
    bobs->close();
    CHECK(bobs->closed() == 1000);
  }
  REQUIRE(dans->push("presence.changed", left).has_value());
  CHECK(anns->call("presence.subscribe", of_bob).number("watching") == 0);
  CHECK_FALSE(anns->has_push("presence.changed", left));
}

TEST_CASE("S1: while an unknown account is waited for, other members' messages go on") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann), bobs = socket(bob);
  const auto c = group(ann, {bob});
  std::thread adding([&] {
    CHECK(anns->call("messaging.add_members",
                     in(c, R"(,"member_ids":["01900000-0000-7000-8000-00000000dead"])"))
              .code() == "not_found");
  });
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i)
    CHECK(bobs->call("messaging.send", message(c, std::to_string(i), "meanwhile")).ok);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(500));
  adding.join();
}

TEST_CASE("P1: a text that was taken back is not told to who resumes") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann);
  const auto c = direct(ann, bob);
  std::string token;
  {
    auto bobs = socket(bob);
    REQUIRE(anns->call("messaging.send", message(c, "1", "SECRET-ONE")).ok);
    REQUIRE(bobs->push("messaging.message", with("conversation_id", c)).has_value());
    token = bobs->resume_token();
    bobs->close();
  }
  REQUIRE(anns->call("messaging.edit", in(c, R"(,"seq":1,"text":"SECRET-TWO")")).ok);
  REQUIRE(anns->call("messaging.edit", in(c, R"(,"seq":1,"text":"SECRET-THREE")")).ok);
  REQUIRE(anns->call("messaging.recall", in(c, R"(,"seq":1)")).ok);
  auto bobs =
      socket(bob, {.resume_token = token, .seen = "{" + quoted(c) + R"(:{"seq":1,"rev":0}})"});
  REQUIRE(bobs->push("messaging.updated",
                     [](const object& o) {
                       return text(o.at("change").as_object(), "kind") == "recalled";
                     })
              .has_value());
  CHECK_FALSE(bobs->has_push("messaging.updated", [](const object& o) {
    return o.at("change").as_object().contains("text");
  }));
}

TEST_CASE("the history pages both ways, clips its limit and refuses a bad one") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann, {.echo = false});
  const auto c = direct(ann, bob);
  std::vector<std::string> sends;
  for (int i = 1; i <= 230; ++i)
    sends.push_back(message(c, std::to_string(i), "text " + std::to_string(i)));
  for (const auto& r : anns->call_all("messaging.send", sends)) REQUIRE(r.ok);
  const auto target = "/v1/conversations/" + c + "/messages";
  const auto page = [&](const std::string& query) {
    std::vector<std::int64_t> seqs;
    const auto reply = http().get(target + query, bob.access_token);
    REQUIRE(reply.status == 200);
    const auto document = reply.json();
    for (const auto& i : document.at("items").as_array())
      seqs.push_back(number(i.as_object(), "seq"));
    return seqs;
  };
  const auto range = [](std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> out;
    for (auto i = from; i <= to; ++i) out.push_back(i);
    return out;
  };
  CHECK(page("") == range(181, 230));
  CHECK(page("?before_seq=181&limit=20") == range(161, 180));
  CHECK(page("?after_seq=0&limit=30") == range(1, 30));
  CHECK(page("?after_seq=220") == range(221, 230));
  CHECK(page("?before_seq=1").empty());
  CHECK(page("?after_seq=230").empty());
  for (const auto* large :
       {"201", "1000", "9223372036854775808", "1000000000000000000000000000000"})
    CHECK(page("?after_seq=0&limit=" + std::string(large)) == range(1, 200));
  for (const auto* bad : {"?limit=0", "?limit=-1", "?limit=many", "?after_seq=x"}) {
    CAPTURE(bad);
    CHECK(http().get(target + bad, bob.access_token).status == 400);
  }
  std::vector<std::int64_t> all;
  for (std::string query = "?limit=100"; !query.empty();) {
    const auto document = http().get(target + query, bob.access_token).json();
    std::vector<std::int64_t> seqs;
    for (const auto& i : document.at("items").as_array())
      seqs.push_back(number(i.as_object(), "seq"));
    all.insert(all.begin(), seqs.begin(), seqs.end());
    const auto& next = document.at("next_cursor");
    query = next.is_null() ? "" : "?limit=100&cursor=" + std::string(next.as_string());
  }
  CHECK(all == range(1, 230));
}

TEST_CASE("who is blocked cannot write to the blocker, nor the reverse, until it is taken back") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann), bobs = socket(bob);
  const auto c = direct(ann, bob);
  REQUIRE(bobs->call("messaging.send", message(c, "1", "before")).ok);
  REQUIRE(http().put("/v1/users/" + bob.id + "/block", "", ann.access_token).status == 204);
  CHECK(bobs->call("messaging.send", message(c, "2", "blocked")).code() == "blocked");
  CHECK(anns->call("messaging.send", message(c, "3", "blocked too")).code() == "blocked");
  const auto refused = http().post("/v1/conversations/" + c + "/messages",
                                   R"({"client_id":"4","text":"x"})", bob.access_token);
  CHECK(refused.status == 403);
  CHECK(refused.code() == "blocked");
  REQUIRE(http().del("/v1/users/" + bob.id + "/block", ann.access_token).status == 204);
  CHECK(bobs->call("messaging.send", message(c, "5", "after")).number("seq") == 2);
}

TEST_CASE("what is hidden looks like what is absent") {
  const auto ann = person("ann"), bob = person("bob"), eve = person("eve");
  const auto c = direct(ann, bob);
  auto eves = socket(eve);
  const std::string absent = "01900000-0000-7000-8000-000000000000";
  for (const auto& id : {c, absent}) {
    CAPTURE(id);
    CHECK(http().get("/v1/conversations/" + id, eve.access_token).status == 404);
    CHECK(http().get("/v1/conversations/" + id + "/messages", eve.access_token).status == 404);
    CHECK(eves->call("messaging.send", message(id, "1", "let me in")).code() == "not_found");
    CHECK(eves->call("messaging.typing", in(id)).code() == "not_found");
  }
}
