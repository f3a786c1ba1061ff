// Effects in shards of other nodes, with the other nodes' answers given by the test.
#include "actors/runtime/placement/remote_effects.hpp"
#include "actors/runtime/node/node_impl.hpp"
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::runtime::test;
using nova::runtime::event_end;
using nova::runtime::owner_hint;
using std::chrono::milliseconds;

namespace {

struct far_shards {
  world w{{}};
  owner_hint owner{false, 1};
  bool linked = true;
  std::vector<std::pair<link::peer_number, link::Envelope>> sent;
  int refreshed_here = 0;
  runtime::remote_effects effects{w.node().internals().services,
                                  {[this](runtime::shard_address) { return owner; },
                                   [this](link::peer_number to, const link::Envelope& e) {
                                     if (linked) sent.emplace_back(to, e);
                                     return linked;
                                   },
                                   [this](runtime::shard_address, std::string_view,
                                          const std::string&, std::function<void()> done) {
                                     ++refreshed_here;
                                     done();
                                   }}};
  std::vector<event_end> ends;
  int refreshed = 0;

  far_shards() { w.start(); }
  void deliver(link::peer_number to) {
    effects.deliver(to, {}, [this](event_end how, const std::string&) { ends.push_back(how); });
  }
  void refresh() {
    effects.refresh({"alpha", 0}, "counter", "a", [this] { ++refreshed; });
  }
  void answer(link::peer_number from, bool not_mine) {
    link::Refreshed told;
    told.set_id(sent.back().second.refresh().id());
    told.set_not_mine(not_mine);
    effects.refreshed(from, told);
  }
};

}  // namespace

TEST_CASE("a delivery ends as its owner says, once") {
  far_shards f;
  f.deliver(1);
  link::Delivered told;
  told.set_id(f.sent.back().second.deliver().id());
  told.set_end(static_cast<std::uint32_t>(event_end::failed));
  f.effects.delivered(2, told);  // of a node that was not asked
  CHECK(f.ends.empty());
  f.effects.delivered(1, told);
  f.effects.delivered(1, told);
  f.effects.lost(1);
  CHECK(f.ends == std::vector{event_end::failed});
}

TEST_CASE("a delivery without an owner, without a link, or whose owner goes is suspended") {
  far_shards f;
  f.deliver(0);
  CHECK(f.sent.empty());
  f.linked = false;
  f.deliver(1);
  f.linked = true;
  f.deliver(1);
  CHECK(f.ends.size() == 2);
  f.effects.lost(2);
  CHECK(f.ends.size() == 2);
  f.effects.lost(1);
  CHECK(f.ends == std::vector(3, event_end::suspended));
}

TEST_CASE("A1: a refresh is asked for until one that owns the shard has answered") {
  far_shards f;
  f.refresh();
  REQUIRE(f.sent.size() == 1);
  f.answer(1, true);  // it has just given the shard to another node
  f.w.sim.advance(milliseconds(200));
  REQUIRE(f.sent.size() == 2);
  f.effects.lost(1);
  f.owner = {};
  f.w.sim.advance(milliseconds(500));
  CHECK(f.sent.size() == 2);
  CHECK(f.refreshed == 0);
  f.owner = {false, 2};
  f.effects.owner_known();
  REQUIRE(f.sent.size() == 3);
  CHECK(f.sent.back().first == 2);
  f.answer(1, false);  // late, of the node that is gone
  CHECK(f.refreshed == 0);
  f.answer(2, false);
  CHECK(f.refreshed == 1);
}

TEST_CASE("A1: a shard that comes to this node meanwhile is refreshed here") {
  far_shards f;
  f.owner = {};
  f.refresh();
  f.owner = {true, 0};
  f.w.sim.advance(milliseconds(200));
  CHECK(f.refreshed_here == 1);
  CHECK(f.refreshed == 1);
  CHECK(f.sent.empty());
}
