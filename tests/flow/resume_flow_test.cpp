// Losing a socket loses nothing: resume with and without `seen`, gaps, take-over, and what a crash leaves.
#include "tests/flow/world.hpp"

using namespace nova::flow;
using namespace std::chrono_literals;

namespace {

std::string seen(const std::string& c, std::int64_t seq, std::int64_t rev) {
  return "{" + quoted(c) + R"(:{"seq":)" + std::to_string(seq) + R"(,"rev":)" +
         std::to_string(rev) + "}}";
}

bool resumed(const device& d) { return d.opened().at("resumed").as_bool(); }

void send_many(device& from, const std::string& c, int first, int last) {
  std::vector<std::string> sends;
  for (int i = first; i <= last; ++i)
    sends.push_back(message(c, std::to_string(i), "text " + std::to_string(i)));
  for (const auto& r : from.call_all("messaging.send", sends)) REQUIRE(r.ok);
}

/// As a client does: around a resume the same message may come twice, and those up to the last are dropped.
void expect_messages(device& d, std::int64_t first, std::int64_t last) {
  for (auto seq = first; seq <= last; ++seq) {
    auto p = d.push("messaging.message");
    while (p && number(*p, "seq") < seq) p = d.push("messaging.message");
    REQUIRE_MESSAGE(p.has_value(), "waits for ", seq, ", closed ", d.closed(0ms), " ", d.reason());
    REQUIRE(number(*p, "seq") == seq);
  }
}

/// `who` comes, hears the first `count` messages, which `sender` sends, and drops the socket: its resume token.
std::string leave_after(const account& who, device& sender, const std::string& conversation,
                        int count) {
  auto own = socket(who);
  send_many(sender, conversation, 1, count);
  expect_messages(*own, 1, count);
  auto token = own->resume_token();
  own->drop();
  return token;
}

}  // namespace

TEST_CASE("a resume with what was seen gives the rest in order, changes too, then what is live") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann, {.echo = false});
  const auto c = direct(ann, bob);
  std::string token;
  {
    auto bobs = socket(bob);
    CHECK_FALSE(resumed(*bobs));
    token = bobs->resume_token();
    send_many(*anns, c, 1, 3);
    expect_messages(*bobs, 1, 3);
    bobs->drop();
  }
  send_many(*anns, c, 4, 8);
  REQUIRE(anns->call("messaging.edit", in(c, R"(,"seq":2,"text":"better")")).ok);
  auto again = socket(bob, {.resume_token = token, .seen = seen(c, 3, 0)});
  CHECK(resumed(*again));
  expect_messages(*again, 4, 8);
  const auto edited = again->push("messaging.updated");
  REQUIRE(edited.has_value());
  CHECK(number(*edited, "seq") == 2);
  CHECK(text(edited->at("change").as_object(), "text") == "better");
  send_many(*anns, c, 9, 10);
  expect_messages(*again, 9, 10);
  CHECK_FALSE(again->has_push("messaging.message"));
  CHECK_FALSE(again->has_push("session.gap"));
}

TEST_CASE("a resume after more changes than are replayed begins with a gap over their messages") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann, {.echo = false});
  const auto c = direct(ann, bob);
  const auto token = leave_after(bob, *anns, c, 4);
  constexpr int replayed = 256;
  REQUIRE(anns->call("messaging.edit", in(c, R"(,"seq":2,"text":"first")")).ok);
  for (int i = 0; i < replayed; ++i)
    REQUIRE(
        anns->call("messaging.edit", in(c, R"(,"seq":3,"text":"again )" + std::to_string(i) + "\""))
            .ok);
  auto again = socket(bob, {.resume_token = token, .seen = seen(c, 4, 0)});
  CHECK(resumed(*again));
  const auto gap = again->push("session.gap");
  REQUIRE(gap.has_value());
  CHECK(number(*gap, "from_seq") == 2);
  CHECK(number(*gap, "to_seq") == 2);
  // P1: the earlier texts of the message are gone.
  const auto edited = again->push("messaging.updated");
  REQUIRE(edited.has_value());
  CHECK(number(*edited, "seq") == 3);
  CHECK(text(edited->at("change").as_object(), "text") == "again " + std::to_string(replayed - 1));
  const auto is_other = [&](const auto& p) { return number(p, "rev") != number(*edited, "rev"); };
  CHECK_FALSE(again->has_push("messaging.updated", is_other));
  CHECK_FALSE(again->has_push("messaging.message"));
}

TEST_CASE("a resume without `seen` begins after the device's own marks") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann, {.echo = false});
  const auto c = direct(ann, bob);
  std::string token;
  {
    auto bobs = socket(bob);
    token = bobs->resume_token();
    send_many(*anns, c, 1, 4);
    expect_messages(*bobs, 1, 4);
    REQUIRE(bobs->call("messaging.delivered", in(c, R"(,"seq":2)")).ok);
    bobs->drop();
  }
  auto again = socket(bob, {.resume_token = token});
  CHECK(resumed(*again));
  expect_messages(*again, 3, 4);
  // Another device of the same person has marks of its own: none.
  auto other = socket(another_login(bob));
  CHECK_FALSE(resumed(*other));
  send_many(*anns, c, 5, 5);
  expect_messages(*other, 5, 5);
}

TEST_CASE("what is too much to replay is named by a gap before anything later") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann, {.echo = false});
  const auto c = direct(ann, bob);
  const auto token = leave_after(bob, *anns, c, 1);
  for (int i = 0; i < 6; ++i) send_many(*anns, c, 2 + i * 200, 201 + i * 200);
  auto again = socket(bob, {.resume_token = token, .seen = seen(c, 1, 0)});
  REQUIRE(resumed(*again));
  std::int64_t last = 1;
  bool gap = false;
  while (last < 1201) {
    const auto p = again->any_push();
    REQUIRE(p.has_value());
    const auto& params = p->at("params").as_object();
    if (text(*p, "method") == "session.gap") {
      gap = true;
      CHECK(text(params, "conversation_id") == c);
      REQUIRE(number(params, "from_seq") == last + 1);
      last = number(params, "to_seq");
    } else if (text(*p, "method") == "messaging.message") {
      REQUIRE(number(params, "seq") == last + 1);
      ++last;
    }
  }
  CHECK(gap);
  CHECK(last == 1201);
}

TEST_CASE(
    "a second socket that resumes the same session closes the first with 4409 and loses nothing") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann, {.echo = false});
  const auto c = direct(ann, bob);
  auto first = socket(bob);
  send_many(*anns, c, 1, 2);
  expect_messages(*first, 1, 2);
  auto second = socket(bob, {.resume_token = first->resume_token(), .seen = seen(c, 2, 0)});
  CHECK(resumed(*second));
  CHECK(first->closed() == 4409);
  send_many(*anns, c, 3, 4);
  expect_messages(*second, 3, 4);
  CHECK(second->resume_token() != "");
}

TEST_CASE("a token of somebody else, or none at all, resumes nothing and shows nothing") {
  const auto ann = person("ann"), bob = person("bob"), eve = person("eve");
  auto anns = socket(ann, {.echo = false}), bobs = socket(bob);
  const auto c = direct(ann, bob);
  send_many(*anns, c, 1, 3);
  expect_messages(*bobs, 1, 3);
  for (const auto& token :
       {bobs->resume_token(), std::string("forged"), bobs->resume_token() + "x"}) {
    CAPTURE(token);
    auto eves = socket(eve, {.resume_token = token, .seen = seen(c, 0, 0)});
    CHECK_FALSE(resumed(*eves));
    const auto mine = direct(eve, ann);
    REQUIRE(eves->call("messaging.send",
                       message(mine, "mark " + std::to_string(token.size()), "to wait for"))
                .ok);
    const auto p = eves->push("messaging.message");
    REQUIRE(p.has_value());
    CHECK(text(*p, "conversation_id") == mine);
  }
  // Bob's own socket was not harmed.
  send_many(*anns, c, 4, 4);
  expect_messages(*bobs, 4, 4);
}

TEST_CASE("a seq that was never given does no harm") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann, {.echo = false});
  const auto c = direct(ann, bob);
  auto bobs = socket(bob);
  auto again =
      socket(bob, {.resume_token = bobs->resume_token(), .seen = seen(c, 1'000'000, 1'000'000)});
  CHECK(resumed(*again));
  send_many(*anns, c, 1, 1);
  expect_messages(*again, 1, 1);
}

TEST_CASE(
    "after kill -9 every answered send is there, tokens hold, and the same client_id gives the "
    "same answer") {
  const auto ann = person("ann"), bob = person("bob");
  auto anns = socket(ann, {.echo = false});
  auto bobs = socket(bob);
  const auto c = direct(ann, bob);
  send_many(*anns, c, 1, 20);
  expect_messages(*bobs, 1, 20);
  const auto token = bobs->resume_token();
  const auto before = anns->call("messaging.send", message(c, "last", "the last before"));
  REQUIRE(before.ok);
  the_world().nova.kill();
  CHECK(anns->closed() >= 0);
  start(the_world());
  auto again = socket(bob, {.resume_token = token, .seen = seen(c, 20, 0)});
  CHECK(resumed(*again));
  expect_messages(*again, 21, 21);
  anns = socket(ann, {.echo = false});
  CHECK(anns->call("messaging.send", message(c, "last", "the last before")).body == before.body);
  CHECK(anns->call("messaging.send", message(c, "last", "something else")).code() ==
        "client_id_reused");
  CHECK(anns->call("messaging.send", message(c, "next", "the first after")).number("seq") == 22);
  expect_messages(*again, 22, 22);
}
