// Calls to entities of other nodes, row by row of the table in CLUSTER.md §3: the test plays the other nodes and the links.
#include "actors/runtime/placement/remote_calls.hpp"
#include "actors/runtime/node/node_impl.hpp"
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace nova;
using namespace nova::runtime;
using namespace nova::runtime::test;
using namespace std::chrono_literals;

namespace {

constexpr link::peer_number first_node = 1, next_node = 2;

/// A command of alpha with this mark; the fixture's own have none or KEY.
const rpc::method& command(rpc::idempotency mark) {
  static const auto table = [] {
    std::map<rpc::idempotency, rpc::method> t;
    for (const auto i : {rpc::idempotency::none, rpc::idempotency::natural, rpc::idempotency::key,
                         rpc::idempotency::client_id}) {
      t[i] = method(add);
      t[i].idempotency = i;
    }
    return t;
  }();
  return table.at(mark);
}

struct far_node {
  explicit far_node(std::size_t most = 100) : most(most) { w.start(); }

  std::size_t most;
  world w{{}};
  owner_hint owner{false, first_node};
  bool linked = true;
  std::vector<std::pair<link::peer_number, link::Call>> sent;
  std::vector<rpc::call> here;
  int ticks_wanted = 0;
  remote_calls calls{
      w.node().internals().services,
      most,
      {[this](const rpc::call&) { return owner; },
       [this](link::peer_number to, const link::Envelope& e) {
         if (linked) sent.emplace_back(to, e.call());
         return linked;
       },
       [this](rpc::call c) { here.push_back(std::move(c)); }, [this] { ++ticks_wanted; }}};

  reply_ptr call(const rpc::method& m, const std::string& idempotency_key = {},
                 std::chrono::milliseconds deadline = 5s) {
    auto r = std::make_shared<pending_reply>();
    rpc::call c;
    c.method = &m;
    c.key = "a";
    c.idempotency_key = idempotency_key;
    auto request = std::make_shared<text>();
    request->set_value("a:1");
    c.request = std::move(request);
    c.deadline = w.sim.now() + deadline;
    c.reply = [r](rpc::reply_result x) {
      ++r->times;
      r->got = std::move(x);
    };
    calls.call(std::move(c));
    return r;
  }
  void answer(link::peer_number from, std::size_t which) {
    link::Reply r;
    r.set_id(sent.at(which).second.id());
    text body;
    body.set_value("7");
    r.set_reply(body.SerializeAsString());
    calls.answered(from, r);
  }
  void refuse(link::peer_number from, std::size_t which, errc code) {
    link::Reply r;
    r.set_id(sent.at(which).second.id());
    r.mutable_failure()->set_code(static_cast<std::uint32_t>(code));
    calls.answered(from, r);
  }
  void not_mine(link::peer_number from, std::size_t which) {
    link::Reply r;
    r.set_id(sent.at(which).second.id());
    r.mutable_not_mine();
    calls.answered(from, r);
  }
  /// The time passes, and the calls' tick comes.
  void pass(std::chrono::milliseconds time) {
    for (const auto end = w.sim.now() + time; w.sim.now() < end;) {
      w.sim.advance(10ms);
      calls.tick();
    }
  }
  std::string doubt(const reply_ptr& r) const {
    return r->code() == errc::unavailable ? r->got->error().detail : "";
  }
};

constexpr auto in_doubt = "Its node was lost; it may have been carried out.";

}  // namespace

TEST_CASE("a call goes to its owner once and is answered once") {
  far_node f;
  const auto r = f.call(command(rpc::idempotency::none));
  CHECK(f.ticks_wanted == 1);
  REQUIRE(f.sent.size() == 1);
  CHECK(f.sent[0].first == first_node);
  CHECK(f.sent[0].second.deadline_ms() == 5000);
  f.answer(first_node, 0);
  CHECK(r->text_of() == "7");
  f.answer(first_node, 0);
  f.pass(10s);
  CHECK(r->times == 1);
  CHECK(f.sent.size() == 1);
  CHECK(f.calls.counted().answered == 1);
  CHECK(f.calls.counted().late == 1);
  CHECK(f.calls.counted().waiting == 0);
}

TEST_CASE("an answer of a node that does not have the call is dropped and counted") {
  far_node f;
  const auto r = f.call(command(rpc::idempotency::none));
  f.answer(next_node, 0);
  CHECK_FALSE(r->got.has_value());
  CHECK(f.calls.counted().late == 1);
  f.answer(first_node, 0);
  CHECK(r->ok());
}

namespace {

enum class undecided : std::uint8_t { not_mine, link_down, no_owner };

void send_again(rpc::idempotency mark, undecided why, bool told) {
  far_node f;
  if (why == undecided::link_down) f.linked = false;
  if (why == undecided::no_owner) f.owner = {};
  const auto r = f.call(command(mark));
  if (why == undecided::not_mine) f.not_mine(first_node, 0);
  f.sent.clear();
  CHECK_FALSE(r->got.has_value());
  f.linked = true;
  f.owner = {false, next_node};
  if (told) f.calls.owner_known();
  else f.pass(150ms);
  REQUIRE(f.sent.size() == 1);
  CHECK(f.sent[0].first == next_node);
  f.answer(next_node, 0);
  CHECK(r->ok());
  CHECK(r->times == 1);
  CHECK(f.calls.counted().resent == 1);
  CHECK(f.calls.counted().lost == 0);
}

}  // namespace

TEST_CASE("a call that no node has decided goes to the owner that is known then, also a command") {
  for (const auto mark : {rpc::idempotency::none, rpc::idempotency::natural, rpc::idempotency::key,
                          rpc::idempotency::client_id})
    for (const auto why : {undecided::not_mine, undecided::link_down, undecided::no_owner})
      for (const bool told : {true, false}) {  // else after a pause
        CAPTURE(static_cast<int>(mark));
        CAPTURE(static_cast<int>(why));
        CAPTURE(told);
        send_again(mark, why, told);
      }
}

TEST_CASE("a call that waits for an owner is carried out here when this node is the owner") {
  far_node f;
  f.owner = {};
  const auto r = f.call(command(rpc::idempotency::none));
  f.owner = {true, 0};
  f.calls.owner_known();
  CHECK(f.sent.empty());
  REQUIRE(f.here.size() == 1);
  CHECK(f.calls.counted().waiting == 0);
  f.here[0].reply(make_error(errc::conflict));
  CHECK(r->code() == errc::conflict);
}

TEST_CASE("a command that a lost node may have carried out fails at once, and says so") {
  far_node f;
  std::vector<reply_ptr> asked = {f.call(command(rpc::idempotency::none)),
                                  f.call(command(rpc::idempotency::key))};  // without its key
  f.owner = {false, next_node};
  const auto other = f.call(command(rpc::idempotency::none));
  f.calls.lost(first_node);
  for (const auto& r : asked) {
    CHECK(f.doubt(r) == in_doubt);
    CHECK(r->got->error().retry_after_ms > 0);
  }
  CHECK_FALSE(other->got.has_value());
  f.calls.owner_known();
  f.pass(10s);
  CHECK(f.sent.size() == 3);  // none a second time
  CHECK(f.calls.counted().lost == 2);
  CHECK(f.calls.counted().resent == 0);
}

TEST_CASE("a call that changes nothing the second time is sent again when its node is lost") {
  far_node f;
  std::vector<reply_ptr> asked;
  asked.push_back(f.call(method(get)));
  asked.push_back(f.call(command(rpc::idempotency::natural)));
  asked.push_back(f.call(command(rpc::idempotency::client_id)));
  asked.push_back(f.call(command(rpc::idempotency::key), "k"));
  f.calls.lost(first_node);
  f.owner = {false, next_node};
  f.calls.owner_known();
  REQUIRE(f.sent.size() == 8);
  for (std::size_t i = 4; i < 8; ++i) {
    CHECK(f.sent[i].first == next_node);
    f.answer(next_node, i);
  }
  for (const auto& r : asked) CHECK(r->ok());
  CHECK(std::ranges::count(f.sent, "k", [](const auto& x) { return x.second.idempotency_key(); }) ==
        2);
  CHECK(f.calls.counted().resent == 4);
}

TEST_CASE("a refusal of the second time is no answer for the first, but of a query") {
  far_node f;
  const auto command_ = f.call(command(rpc::idempotency::natural));
  const auto query = f.call(method(get));
  f.calls.lost(first_node);
  SUBCASE("another node refuses it") {
    f.owner = {false, next_node};
    f.calls.owner_known();
    REQUIRE(f.sent.size() == 4);
    for (const std::size_t i : {2, 3}) f.refuse(next_node, i, errc::not_found);
  }
  SUBCASE("this node refuses it") {
    f.owner = {true, 0};
    f.calls.owner_known();
    REQUIRE(f.here.size() == 2);
    for (auto& c : f.here) c.reply(make_error(errc::not_found));
  }
  CHECK(f.doubt(command_) == in_doubt);
  CHECK(query->code() == errc::not_found);
}

TEST_CASE(
    "at its deadline a call that a node has is late, and one that waits for an owner is not") {
  far_node f;
  const auto late = f.call(command(rpc::idempotency::none), {}, 300ms);
  f.owner = {};
  const auto unsent = f.call(command(rpc::idempotency::none), {}, 300ms);
  f.pass(250ms);
  CHECK_FALSE(late->got.has_value());
  CHECK_FALSE(unsent->got.has_value());
  f.pass(200ms);
  CHECK(late->code() == errc::deadline_exceeded);
  CHECK(unsent->code() == errc::unavailable);
  CHECK(unsent->got->error().detail != in_doubt);
  f.answer(first_node, 0);
  CHECK(late->times == 1);
  CHECK(f.calls.counted().late == 1);
  CHECK(f.calls.counted().waiting == 0);
}

TEST_CASE("at its deadline a call that a lost node may have carried out is still in doubt") {
  far_node f;
  const auto command_ = f.call(command(rpc::idempotency::natural), {}, 300ms);
  const auto query = f.call(method(get), {}, 300ms);
  f.owner = {};
  f.calls.lost(first_node);
  f.pass(500ms);
  CHECK(f.doubt(command_) == in_doubt);
  CHECK(query->code() == errc::unavailable);
  CHECK(query->got->error().detail != in_doubt);
  CHECK(f.calls.counted().lost == 1);
}

TEST_CASE("one call more than may wait is refused as overloaded, and leaves nothing") {
  far_node f(2);
  const auto first = f.call(method(get));
  f.call(method(get));
  const auto third = f.call(method(get));
  CHECK(third->code() == errc::overloaded);
  CHECK(third->got->error().retry_after_ms > 0);
  CHECK(f.sent.size() == 2);
  f.answer(first_node, 0);
  CHECK(first->ok());
  CHECK_FALSE(f.call(method(get))->got.has_value());
  CHECK(f.sent.size() == 3);
}
