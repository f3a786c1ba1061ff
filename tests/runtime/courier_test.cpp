// Pushes to sockets, replaced sockets, echo, and presence, under the deterministic driver.
#include "actors/runtime/pushes/courier.hpp"
#include "actors/runtime/node/node_impl.hpp"
#include "actors/runtime/placement/push_journal.hpp"
#include "actors/runtime/pushes/fanout.hpp"
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace nova;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

namespace {

void attach(world& w, std::uint8_t account, rpc::connection_id connection, std::uint8_t lineage = 0,
            bool echo = true, unix_ms resumed_at = 0) {
  bool attached = false;
  rpc::attachment a;
  a.connection = connection;
  a.account = account_id(account);
  a.lineage = lineage != 0 ? account_id(lineage) : uuid{};
  a.echo = echo;
  a.resumed_at = resumed_at;
  w.node().attach(a, [&](result<void> r) { attached = r.has_value(); });
  w.sim.settle();
  CHECK(attached);
}

std::vector<std::string> heard(world& w, rpc::connection_id connection) {
  std::vector<std::string> out;
  for (const auto& p : w.sink.pushes)
    if (std::find(p.to.begin(), p.to.end(), connection) != p.to.end()) out.push_back(p.what);
  return out;
}

/// `tell` of alpha pushes to 2,000 accounts but the fifth, as a list or as a set; eight couriers.
world_options large_audience(bool as_set) {
  config::runtime_settings s;
  s.courier_slots = 8;
  return {.settings = s, .beta = false, .change_alpha = [as_set](runtime::domain& d) {
            auto accounts = std::make_shared<std::vector<uuid>>();
            for (int i = 0; i < 2000; ++i) {
              uuid id{};
              id.data[14] = static_cast<std::uint8_t>(i >> 8);
              id.data[15] = static_cast<std::uint8_t>(i);
              accounts->push_back(id);
            }
            runtime::audience everyone{accounts, account_id(5)};
            if (as_set)
              everyone = {nullptr, account_id(5),
                          std::make_shared<const runtime::account_set>(*accounts)};
            d.kinds[0].calls[tell] = [everyone](const runtime::state_box&, const rpc::message& m,
                                                const runtime::context& c,
                                                const runtime::reads&) -> runtime::erased_outcome {
              runtime::erased_decision out;
              auto body = std::make_shared<text>();
              body->set_value("all");
              out.reply = body;
              out.pushes.push_back({everyone, std::make_shared<rpc::push>(note(), body), 0});
              return out;
            };
          }};
}

rpc::push_ptr pushed_text(std::string value) {
  auto body = std::make_shared<text>();
  body->set_value(std::move(value));
  return std::make_shared<rpc::push>(note(), body);
}

rpc::push_ptr several(std::int64_t pushes) { return pushed_text(std::to_string(pushes) + " more"); }

constexpr runtime::push_pace once_a_second{milliseconds(1'000), several};

/// `tell` of alpha pushes the text after the colon to account 1, at most once a second.
world_options paced() {
  return {.beta = false, .change_alpha = [](runtime::domain& d) {
            d.kinds[0].calls[tell] = [](const runtime::state_box&, const rpc::message& m,
                                        const runtime::context&,
                                        const runtime::reads&) -> runtime::erased_outcome {
              runtime::erased_decision out;
              auto body = std::make_shared<text>();
              out.reply = body;
              runtime::outgoing o;
              o.to.accounts = std::make_shared<const std::vector<uuid>>(1, account_id(1));
              o.push = pushed_text(static_cast<const text&>(m).value().substr(2));
              o.pace = &once_a_second;
              out.pushes.push_back(std::move(o));
              return out;
            };
          }};
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a push reaches each socket of the account and nobody else") {
  world w;
  w.start();
  attach(w, 1, 11);
  attach(w, 1, 12);
  attach(w, 2, 21);
  w.ask(tell, "a:hello", from(1, 11));
  w.sim.settle();
  CHECK(heard(w, 11) == strings{"hello"});
  CHECK(heard(w, 12) == strings{"hello"});
  CHECK(heard(w, 21).empty());
  CHECK(w.sink.pushes.size() == 1);  // one delivery for both sockets
  w.node().detach(12, account_id(1));
  w.ask(tell, "a:again", from(1, 11));
  w.sim.settle();
  CHECK(heard(w, 12) == strings{"hello"});
}

TEST_CASE("a socket without echo does not get what it caused, the account's others do") {
  world w;
  w.start();
  attach(w, 1, 11, 0, false);
  attach(w, 1, 12, 0, false);
  w.ask(tell, "a:mine", from(1, 11));
  w.sim.settle();
  CHECK(heard(w, 11).empty());
  CHECK(heard(w, 12) == strings{"mine"});
}

TEST_CASE("a second socket of one lineage replaces the first") {
  world w;
  w.start();
  attach(w, 1, 11, 7);
  attach(w, 1, 12, 8);
  attach(w, 1, 13, 7);
  REQUIRE(w.sink.closes.size() == 1);
  CHECK(w.sink.closes[0].connection == 11);
  CHECK(w.sink.closes[0].code == rpc::close_code::replaced);
  w.ask(tell, "a:x", from(1));
  w.sim.settle();
  CHECK(heard(w, 11).empty());
  CHECK(heard(w, 13) == strings{"x"});
}

TEST_CASE(
    "a socket that was resumed on another gateway replaces those that were resumed before it") {
  world w;
  w.start();
  attach(w, 1, 11, 7, true, 2'000);
  attach(w, 1, 12, 8, true, 2'000);
  auto resumed_elsewhere = [&](unix_ms at) {
    w.node().internals().couriers.elsewhere({account_id(1), 2, true, account_id(7), at});
    w.sim.settle();
    return w.sink.closes.size();
  };
  CHECK(resumed_elsewhere(1'999) == 0);  // the note was under way while 11 came
  CHECK(resumed_elsewhere(2'000) == 0);
  REQUIRE(resumed_elsewhere(2'001) == 1);
  CHECK(w.sink.closes[0].connection == 11);
  CHECK(w.sink.closes[0].code == rpc::close_code::replaced);
  attach(w, 1, 13, 8, true, 3'000);
  w.node().internals().couriers.elsewhere({account_id(1), 2, true, account_id(8)});
  w.sim.settle();
  CHECK(w.sink.closes.back().connection == 13);  // a node of an older release tells no time
}

TEST_CASE(
    "a socket that may have missed a push hears none behind it until it is told to "
    "resume") {
  config::runtime_settings s;
  s.courier_slots = 8;
  world w({.settings = s, .beta = false});
  w.start();
  constexpr std::uint8_t people = 16;
  for (std::uint8_t i = 1; i <= people; ++i) attach(w, i, i);
  w.node().internals().couriers.resume(milliseconds(2'000));
  attach(w, 1, 100);
  attach(w, 2, 2, 7);  // once more, with a lineage: it has been here before
  for (std::uint8_t i = 1; i <= people; ++i) w.ask(tell, "a:behind", from(i));
  w.sim.settle();
  CHECK(w.sink.closes.size() < people);  // not all at once
  for (std::uint8_t i = 1; i <= people; ++i) CHECK(heard(w, i).empty());
  CHECK(heard(w, 100) == strings{"behind"});
  w.sim.advance(milliseconds(2'000));
  CHECK(w.sink.closes.size() == people);
}

TEST_CASE("sockets of one account that may have missed a push are mute and told to resume, alone") {
  world w({.beta = false});
  w.start();
  attach(w, 1, 11);
  attach(w, 2, 12);
  w.node().internals().couriers.resume({account_id(1), account_id(3)});
  for (std::uint8_t i = 1; i <= 2; ++i) w.call(tell, "a:behind", from(i));
  w.sim.settle();
  CHECK(heard(w, 11).empty());
  CHECK(heard(w, 12) == strings{"behind"});
  REQUIRE(w.sink.closes.size() == 1);
  CHECK(w.sink.closes[0].connection == 11);
  CHECK(w.sink.closes[0].code == rpc::close_code::restart);
  attach(w, 1, 13);
  w.ask(tell, "a:again", from(1));
  CHECK(heard(w, 13) == strings{"again"});
}

TEST_CASE("a socket whose push was lost hears none behind it until it is told to resume") {
  world w({.shards = 1, .beta = false});
  w.start();
  attach(w, 1, 11);
  w.sink.throws = 1;
  for (const char* text : {"a:lost", "a:behind"}) w.call(tell, text, from(1));
  w.sim.settle();
  CHECK(heard(w, 11).empty());
  REQUIRE(w.sink.closes.size() == 1);
  CHECK(w.sink.closes[0].code == rpc::close_code::too_slow);
  w.node().internals().couriers.lose_pushes();
  w.ask(tell, "a:more", from(1));
  CHECK(heard(w, 11).empty());
  attach(w, 1, 12);
  w.ask(tell, "a:new", from(1));
  CHECK(heard(w, 12) == strings{"new"});
}

TEST_CASE("A14: pushes beyond a courier's bytes are not kept: its sockets are told to resume") {
  for (const bool fits : {true, false}) {
    CAPTURE(fits);
    config::runtime_settings s;
    s.courier_slots = 1;
    s.max_courier_bytes = fits ? 1'000'000 : 10'000;
    world w({.settings = s, .beta = false});
    w.start();
    attach(w, 1, 11);
    auto& couriers = w.node().internals().couriers;
    const auto one = std::make_shared<const std::vector<uuid>>(1, account_id(1));
    for (int i = 0; i < 20; ++i) {
      std::vector<runtime::delivery> waiting(1);
      waiting[0].accounts = one;
      waiting[0].push = pushed_text(std::to_string(i));
      waiting[0].bytes = 1'000;
      couriers.push(0, waiting);
      CHECK(couriers.seat(0).bytes <= s.max_courier_bytes + 1'000);
    }
    w.sim.settle();
    CHECK(couriers.seat(0).bytes == 0);
    CHECK(heard(w, 11).size() == (fits ? 20 : 0));
    REQUIRE(w.sink.closes.size() == (fits ? 0 : 1));
    if (!fits) CHECK(w.sink.closes[0].code == rpc::close_code::too_slow);
  }
}

TEST_CASE(
    "no push is missed in silence: a gateway that was gone for longer than pushes are kept is told "
    "that some are lost, and gets those that follow") {
  world w;
  constexpr link::peer_number gateway = 3;
  std::vector<std::uint64_t> sent;
  runtime::push_journal journal(w.node().internals().services, {milliseconds(1'000), 1 << 20},
                                [&](auto, const link::Envelope& e) {
                                  sent.push_back(e.push().number());
                                  return true;
                                });
  CHECK(journal.up(gateway, 0));
  for (int i = 0; i < 3; ++i) journal.push(gateway, {});
  CHECK(sent == std::vector<std::uint64_t>{1, 2, 3});
  journal.down(gateway);
  w.sim.advance(milliseconds(1'500));
  REQUIRE(journal.forget_gone() == std::vector{gateway});
  journal.push(gateway, {});  // of an account that is told again, before the whole set has come
  CHECK_FALSE(journal.up(gateway, 3));
  journal.push(gateway, {});
  // It drops those up to 3; one number is left out for what it missed, so that a link which replaces this one before the news came
  // tells it again.
  CHECK(sent == std::vector<std::uint64_t>{1, 2, 3, 5, 6});
  journal.down(gateway);
  CHECK_FALSE(journal.up(gateway, 3));
  journal.down(gateway);
  CHECK(journal.up(gateway, 6));
}

TEST_CASE("presence: the state now at once, changes collected, flapping not told") {
  world w;
  w.start();
  attach(w, 1, 11);
  w.ask(watch, "a:2", from(1, 11));
  w.sim.settle();
  CHECK(heard(w, 11) == strings{"presence 2 offline"});
  attach(w, 2, 21);
  w.sim.advance(milliseconds(200));
  CHECK(heard(w, 11).size() == 1);
  w.sim.advance(milliseconds(100));
  CHECK(heard(w, 11).back() == "presence 2 online");
  // A second socket, and one that comes and goes within the interval, say nothing.
  attach(w, 2, 22);
  w.node().detach(21, account_id(2));
  w.sim.advance(milliseconds(500));
  w.node().detach(22, account_id(2));
  w.sim.advance(milliseconds(100));
  attach(w, 2, 23);
  w.sim.advance(milliseconds(500));
  CHECK(heard(w, 11).size() == 2);
  w.node().detach(23, account_id(2));
  w.sim.advance(milliseconds(300));
  CHECK(heard(w, 11).back() == "presence 2 offline seen");
  CHECK(heard(w, 11).size() == 3);
}

TEST_CASE("presence: a new set replaces the old one, and a closed socket is told nothing") {
  world w;
  w.start();
  attach(w, 1, 11);
  w.ask(watch, "a:2", from(1, 11));
  w.ask(watch, "a:3", from(1, 11));
  w.sim.settle();
  CHECK(heard(w, 11) == strings{"presence 2 offline", "presence 3 offline"});
  attach(w, 2, 21);
  attach(w, 3, 31);
  w.sim.advance(milliseconds(400));
  CHECK(heard(w, 11).size() == 3);
  CHECK(heard(w, 11).back() == "presence 3 online");
  w.node().detach(11, account_id(1));
  w.node().detach(31, account_id(3));
  const auto before = w.sink.pushes.size();
  w.sim.advance(milliseconds(400));
  CHECK(w.sink.pushes.size() == before);
}

TEST_CASE(
    "a large audience is grouped by courier: one delivery a courier, no lookup in the database") {
  for (bool as_set : {false, true}) {
    CAPTURE(as_set);
    world w(large_audience(as_set));
    w.start();
    for (std::uint8_t i = 1; i <= 100; ++i) attach(w, i, 1000 + i);
    const auto actions = w.alpha->batches();
    for (int i = 0; i < 3; ++i) w.ask(tell, "a:all", from(1));
    w.sim.settle();
    CHECK(w.sink.pushes.size() <= 3 * 8);
    CHECK(heard(w, 1001).size() == 3);
    CHECK(heard(w, 1100).size() == 3);
    CHECK(heard(w, 1005).empty());  // `except`
    CHECK(w.alpha->batches() <= actions + 1);
  }
}

TEST_CASE(
    "a large audience costs who is online: couriers without any of them are not called again") {
  for (bool as_set : {false, true}) {
    CAPTURE(as_set);
    world w(large_audience(as_set));
    w.start();
    const auto turns = [&] {
      w.sim.settle();
      return w.metric(metric::nova_actor_handled_total, "courier");
    };
    const auto push = [&] {
      const auto before = turns();
      w.ask(tell, "a:all", from(1));
      return turns() - before;
    };
    CHECK(push() == 8);  // each looks once
    CHECK(push() == 0);
    attach(w, 7, 1007);
    CHECK(push() == 1);
    CHECK(push() == 1);
    CHECK(heard(w, 1007).size() == 2);
    attach(w, 5, 1005);  // `except` is online nevertheless
    for (std::uint8_t i = 20; i < 60; ++i) attach(w, i, 1000 + i);
    CHECK(push() == 8);
    CHECK(heard(w, 1007).size() == 3);
    CHECK(heard(w, 1020).size() == 1);
    CHECK(heard(w, 1005).empty());
    for (std::uint8_t i = 20; i < 60; ++i) w.node().detach(1000 + i, account_id(i));
    w.node().detach(1005, account_id(5));
    w.node().detach(1007, account_id(7));
    push();
    CHECK(push() == 0);
    attach(w, 7, 2007);
    push();
    CHECK(heard(w, 2007).size() == 1);
  }
}

TEST_CASE("a paced push comes at once, later ones together when their time has come") {
  world w(paced());
  w.start();
  attach(w, 1, 11);
  for (const auto* each : {"a:first", "a:second", "a:third"}) w.ask(tell, each, from(1, 11));
  w.sim.settle();
  CHECK(heard(w, 11) == strings{"first"});
  w.sim.advance(milliseconds(1'100));
  CHECK(heard(w, 11) == strings{"first", "2 more"});
  w.ask(tell, "a:fourth", from(1, 11));
  w.sim.settle();
  CHECK(heard(w, 11).size() == 2);
  w.sim.advance(milliseconds(1'100));
  CHECK(heard(w, 11) == strings{"first", "2 more", "fourth"});
  w.sim.advance(milliseconds(1'100));
  w.ask(tell, "a:fifth", from(1, 11));
  w.sim.settle();
  CHECK(heard(w, 11).back() == "fifth");
}
