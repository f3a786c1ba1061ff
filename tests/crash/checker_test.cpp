// The checker against a sound history, and against the same history with one fault planted at a time.
#include "tests/crash/checker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

using namespace nova::crash;

namespace {

using event_kind = stream_event::kind;

stream_event delivered(std::int64_t seq) {
  return {.what = event_kind::message,
          .conversation = "c",
          .seq = seq,
          .message_id = "m" + std::to_string(seq),
          .text = "text " + std::to_string(seq)};
}

/// Two accounts with a device each, five messages, an edit, a recall, a reaction, a resume with overlap.
history sound() {
  history h;
  conversation_record c{
      .id = "c", .founders = {"ann", "bob"}, .last_seq = 5, .members = {"ann", "bob", "cat"}};
  for (std::int64_t seq = 1; seq <= 5; ++seq) {
    const auto n = std::to_string(seq);
    const std::string sender = seq % 2 == 1 ? "ann" : "bob";
    h.sends.push_back({"c", sender, "k" + n, "text " + n, {{seq, "m" + n}}});
    c.items.push_back({seq, "m" + n, sender, "k" + n, "text " + n});
  }
  h.sends[0].answers.push_back({1, "m1"});
  h.sends.push_back({"c", "ann", "k6", "refused", {}, true});
  h.changes = {{change_record::kind::edit, "c", "ann", 1, "better", outcome::acked},
               {change_record::kind::edit, "c", "ann", 1, "perhaps", outcome::unknown},
               {change_record::kind::recall, "c", "bob", 2, "", outcome::acked},
               {change_record::kind::reaction, "c", "bob", 3, "+1", outcome::acked}};
  c.items[0].text = "better";
  c.items[1].text = "";
  c.items[1].recalled = true;
  c.items[2].reactions["+1"] = 1;
  h.marks = {{"c", "ann", 2, true, outcome::acked},
             {"c", "ann", 3, true, outcome::unknown},
             {"c", "bob", 4, false, outcome::acked}};
  c.states = {{"ann", {2, 3, 1}}, {"bob", {0, 4, 3}}};
  h.member_changes = {{"c", "cat", true, outcome::acked}};
  h.conversations.push_back(c);

  device_record live{"ann", "ann/1", {{.what = event_kind::opened}}};
  for (std::int64_t seq = 1; seq <= 3; ++seq) live.events.push_back(delivered(seq));
  live.events.push_back(
      {.what = event_kind::edited, .conversation = "c", .seq = 1, .rev = 1, .text = "better"});
  live.events.push_back({.what = event_kind::recalled, .conversation = "c", .seq = 2, .rev = 2});
  live.events.push_back({.what = event_kind::opened, .resumed = true});
  for (std::int64_t seq : {4, 5, 4, 5}) live.events.push_back(delivered(seq));
  device_record gapped{"bob", "bob/1", {{.what = event_kind::opened}}};
  gapped.events.push_back({.what = event_kind::gap, .conversation = "c", .seq = 1, .to_seq = 3});
  for (std::int64_t seq : {4, 5}) gapped.events.push_back(delivered(seq));
  gapped.events.push_back(
      {.what = event_kind::receipt, .conversation = "c", .seq = 2, .to_seq = 2, .text = "ann"});
  gapped.events.push_back(
      {.what = event_kind::receipt, .conversation = "c", .seq = 3, .to_seq = 3, .text = "ann"});
  h.devices = {live, gapped};

  h.accounts = {{"1", "ann", outcome::acked, true, true},
                {"2", "eve", outcome::unknown, false, false}};
  h.blocks = {{"ann", "dan", true, outcome::acked}, {"ann", "eve", true, outcome::unknown}};
  h.block_probes = {{"ann", "dan", true}, {"ann", "eve", false}};
  h.reuses = {{"k1", "client_id_reused"}};
  h.receipts = {{"c", "ann", "bob/1", 3, 3}};
  h.presence = {{"ann", true, "online"}, {"bob", false, "offline"}};
  h.databases = database_record{{{"auth", "user", 0, 1, 7, 7, 7},
                                 {"auth", "user", 1, 0, 0, 0, 0},
                                 {"messaging", "", 0, 4, 9, 6, 0}},
                                {},
                                {},
                                {"1"},
                                {"1"},
                                {"1"}};
  return h;
}

void expect(fault f, const std::function<void(history&)>& plant) {
  auto h = sound();
  plant(h);
  const auto found = check(h);
  std::string all;
  for (const auto& v : found) all += std::string(name_of(v.what)) + ": " + v.detail + "; ";
  INFO("expected ", name_of(f), ", found ", all);
  CHECK(std::any_of(found.begin(), found.end(), [&](const auto& v) { return v.what == f; }));
}

auto& items(history& h) { return h.conversations[0].items; }
auto& events(history& h) { return h.devices[0].events; }

}  // namespace

TEST_CASE("a sound history has no violation") {
  const auto found = check(sound());
  for (const auto& v : found) MESSAGE(std::string(name_of(v.what)), " ", v.detail);
  CHECK(found.empty());
}

TEST_CASE("lost: what was acknowledged is not there") {
  expect(fault::lost, [](auto& h) { items(h).pop_back(), h.conversations[0].last_seq = 4; });
  expect(fault::lost, [](auto& h) { h.sends[4].answers[0].seq = 9; });
  expect(fault::lost, [](auto& h) { items(h)[0].text = "text 1"; });
  expect(fault::lost, [](auto& h) { items(h)[1].recalled = false, items(h)[1].text = "text 2"; });
  expect(fault::lost, [](auto& h) { items(h)[2].reactions.clear(); });
  expect(fault::lost, [](auto& h) { h.conversations[0].states["ann"] = {1, 2, 1}; });
  expect(fault::lost, [](auto& h) { h.conversations[0].states["bob"].delivered_seq = 3; });
  expect(fault::lost, [](auto& h) { h.conversations[0].states["ann"].delivered_seq = 1; });
  expect(fault::lost, [](auto& h) { h.conversations[0].members.erase("cat"); });
  expect(fault::lost, [](auto& h) { h.posts.push_back({"ann", "a post", outcome::acked, "p1"}); });
  expect(fault::lost, [](auto& h) { h.conversations[0].members.erase("bob"); });
  expect(fault::lost,
         [](auto& h) { h.accounts[0].can_log_in = h.accounts[0].has_profile = false; });
}

TEST_CASE("doubled: one client_id twice, one message twice on a connection, one reaction twice") {
  expect(fault::doubled, [](auto& h) {
    items(h).push_back({6, "m6", "ann", "k1", "text 1"});
    h.conversations[0].last_seq = 6;
  });
  expect(fault::doubled, [](auto& h) { events(h).insert(events(h).begin() + 4, delivered(3)); });
  expect(fault::doubled, [](auto& h) { events(h).push_back(delivered(5)); });
  expect(fault::doubled, [](auto& h) { items(h)[2].reactions["+1"] = 2; });
}

TEST_CASE("reordered: a connection goes backwards, or two orders exist") {
  expect(fault::reordered, [](auto& h) { std::swap(events(h)[1], events(h)[2]); });
  expect(fault::reordered, [](auto& h) { std::swap(events(h)[4], events(h)[5]); });
  expect(fault::reordered, [](auto& h) { events(h)[2].message_id = "m3"; });
}

TEST_CASE("phantom: what nobody asked for") {
  expect(fault::phantom, [](auto& h) { items(h)[3].client_id = "k9"; });
  expect(fault::phantom, [](auto& h) { items(h)[3].text = "something else"; });
  expect(fault::phantom, [](auto& h) { items(h)[3].client_id = "k6", items(h)[3].sender = "ann"; });
  expect(fault::phantom, [](auto& h) { h.sends[4].answers.clear(), h.sends[4].refused = true; });
  expect(fault::phantom, [](auto& h) { items(h)[4].recalled = true; });
  expect(fault::phantom, [](auto& h) { events(h).push_back(delivered(6)); });
  expect(fault::phantom, [](auto& h) { items(h)[4].reactions["-1"] = 1; });
  expect(fault::phantom, [](auto& h) { h.conversations[0].states["bob"] = {5, 5, 0}; });
  expect(fault::phantom, [](auto& h) { h.conversations[0].states["bob"].delivered_seq = 5; });
}

TEST_CASE(
    "a refused send may be there when another gateway took an attempt before and did not end it") {
  auto h = sound();
  h.sends[4].answers.clear();
  h.sends[4].refused = h.sends[4].open = true;
  const auto found = check(h);
  CHECK(std::none_of(found.begin(), found.end(),
                     [](const auto& v) { return v.what == fault::phantom; }));
}

TEST_CASE(
    "a change without an answer comes behind a later one only if there are several gateways") {
  auto h = sound();
  h.changes[0].end = outcome::unknown;
  h.changes[1].end = outcome::acked;
  h.member_changes = {{"c", "cat", false, outcome::unknown}, {"c", "cat", true, outcome::acked}};
  h.conversations[0].members.erase("cat");
  h.blocks.push_back({"ann", "dan", false, outcome::unknown});
  h.blocks.push_back({"ann", "dan", true, outcome::acked});
  h.block_probes[0].refused = false;
  CHECK(check(h).size() == 3);
  h.several_gateways = true;
  CHECK(check(h).empty());
}

TEST_CASE("sequence: the numbers have a gap or do not begin at 1") {
  expect(fault::sequence, [](auto& h) { items(h).erase(items(h).begin() + 2); });
  expect(fault::sequence, [](auto& h) { items(h)[4].seq = 6; });
  expect(fault::sequence, [](auto& h) { h.conversations[0].last_seq = 6; });
}

TEST_CASE("hole: a stream leaves messages out") {
  expect(fault::hole, [](auto& h) { events(h).erase(events(h).begin() + 2); });
  expect(fault::hole, [](auto& h) { events(h).resize(7); });
  expect(fault::hole, [](auto& h) { h.devices[1].events[1].to_seq = 2; });
  expect(fault::hole, [](auto& h) { h.devices[1].events[1].seq = 2; });
  expect(fault::hole, [](auto& h) { h.devices[1].events.clear(); });
}

TEST_CASE("stale: a device was not told of a change") {
  expect(fault::stale, [](auto& h) { events(h).erase(events(h).begin() + 4); });
  expect(fault::stale, [](auto& h) { events(h).erase(events(h).begin() + 5); });
  expect(fault::stale, [](auto& h) { items(h)[1].text = "text 2"; });
}

TEST_CASE("unread: a count does not fit its mark") {
  expect(fault::unread, [](auto& h) { h.conversations[0].states["bob"].unread = 2; });
  expect(fault::unread, [](auto& h) { h.conversations[0].states["ann"].unread = 0; });
}

TEST_CASE("idempotency: one client_id, two answers, or accepted with another body") {
  expect(fault::idempotency, [](auto& h) { h.sends[0].answers[1] = {4, "m4"}; });
  expect(fault::idempotency, [](auto& h) { h.reuses[0].code = "accepted"; });
}

TEST_CASE("profile: half an account") {
  expect(fault::profile, [](auto& h) { h.accounts[0].has_profile = false; });
  expect(fault::profile, [](auto& h) { h.accounts[1].has_profile = true; });
}

TEST_CASE("block: an acknowledged block does not hold, or one that was never asked for does") {
  expect(fault::block, [](auto& h) { h.block_probes[0].refused = false; });
  expect(fault::block, [](auto& h) { h.block_probes.push_back({"bob", "ann", true}); });
}

TEST_CASE("receipt: goes backwards, was never asked for, or did not come") {
  expect(fault::receipt,
         [](auto& h) { std::swap(h.devices[1].events[4], h.devices[1].events[5]); });
  expect(fault::receipt, [](auto& h) { h.devices[1].events[5].seq = 4; });
  expect(fault::receipt, [](auto& h) { h.devices[1].events[5].text = "eve"; });
  expect(fault::receipt, [](auto& h) { h.receipts[0].told = 2; });
}

TEST_CASE("R1: the own mark that a resume tells may be ahead of the live ones once") {
  auto h = sound();
  const auto own = [](std::int64_t seq) {
    return stream_event{
        .what = event_kind::receipt, .conversation = "c", .seq = seq, .to_seq = seq, .text = "ann"};
  };
  auto& events = h.devices[0].events;
  for (std::int64_t seq : {3, 2, 3}) events.push_back(own(seq));
  CHECK(check(h).empty());
  for (std::int64_t seq : {2, 3}) events.push_back(own(seq));
  CHECK_FALSE(check(h).empty());
}

TEST_CASE("presence: there and not shown, or shown and not there") {
  expect(fault::presence, [](auto& h) { h.presence[0].told = "offline"; });
  expect(fault::presence, [](auto& h) { h.presence[0].told = ""; });
  expect(fault::presence, [](auto& h) { h.presence[1].told = "online"; });
}

TEST_CASE("undrained: an event was not taken, is missing, or is a dead letter") {
  expect(fault::undrained, [](auto& h) { h.databases->streams[0].offset = 6; });
  expect(fault::undrained, [](auto& h) { h.databases->streams[0].count = 6; });
  expect(fault::undrained, [](auto& h) { h.databases->streams[2].count = 5; });
  expect(fault::undrained, [](auto& h) { h.databases->dead_letters.push_back("auth/0/3"); });
}

TEST_CASE("effect: another domain's follows or counts are not those of the source") {
  const auto follow = [](history& h) {
    for (const char* table : {"user.follow", "messaging.follow"})
      h.databases->follows[table] = {"1>2", "2>1"};
  };
  auto h = sound();
  follow(h);
  CHECK(check(h).empty());
  expect(fault::effect,
         [&](auto& x) { follow(x), x.databases->follows["messaging.follow"].erase("1>2"); });
  expect(fault::effect,
         [&](auto& x) { follow(x), x.databases->follows["messaging.follow"].insert("1>3"); });
  expect(fault::effect,
         [&](auto& x) { follow(x), x.databases->wrong_counts.push_back("user.tally of 1"); });
}

TEST_CASE("a copy holds what was seen before it began, and may hold the rest") {
  auto then = sound();
  auto now = then;
  now.sends.push_back(now.sends.back());
  now.sends.back().client_id = "later";
  now.sends.back().answers = {{99, "m99"}};
  auto copy = as_of(then, now);
  CHECK(copy.sends.size() == then.sends.size() + 1);
  CHECK(copy.sends.back().answers.empty());
  CHECK(copy.devices.empty());
  CHECK(check(copy).empty());
  copy.conversations.front().items.pop_back();
  CHECK(!check(copy).empty());
}

TEST_CASE("stalled and undurable: too few or too many sends were acknowledged during a strike") {
  expect(fault::stalled, [](auto& h) { h.strikes.push_back({"a locked row", 3, 4}); });
  expect(fault::undurable, [](auto& h) { h.strikes.push_back({"no standby", 1, 0, 0}); });
  auto h = sound();
  h.strikes = {{"a locked row", 4, 4}, {"no standby", 0, 0, 0}};
  CHECK(check(h).empty());
}

TEST_CASE("stale_epoch and profile, as the databases show them") {
  expect(fault::stale_epoch,
         [](auto& h) { h.databases->stale_writes.push_back("message by a fenced lane"); });
  expect(fault::profile, [](auto& h) { h.databases->profiles.clear(); });
  expect(fault::profile,
         [](auto& h) { h.databases->profiles.insert("2"), h.databases->persons.insert("2"); });
  expect(fault::profile, [](auto& h) { h.databases->persons.clear(); });
}
