// What a gateway node tells of its accounts, with the other nodes' answers given by the test.
#include "actors/runtime/placement/attendance.hpp"
#include "actors/runtime/node/node_impl.hpp"
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace nova;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

namespace {

struct gateway_node {
  world w{{}};
  std::vector<uuid> strange;
  int all = 0, attached = 0;
  std::uint64_t last_number = 0;
  runtime::attendance told{
      w.node().internals().services,
      milliseconds(2'000),
      milliseconds(30'000),
      {[this](link::peer_number, const link::Envelope& e) {
         last_number = std::max(last_number, e.interest().number());
         return true;
       },
       [](link::peer_number) { return std::uint64_t{0}; }, [](link::peer_number) {}, [] {},
       [this](const std::vector<uuid>& accounts) { strange = accounts; }, [this] { ++all; }}};

  gateway_node() { w.start(); }
  void come(std::uint8_t account) {
    told.come(account_id(account), [this](const result<void>& r) { attached += r.has_value(); });
  }
  void answer(link::peer_number peer) { told.taken(peer, last_number); }
};

}  // namespace

TEST_CASE(
    "sockets that came while the link to a pushing node was broken are told to resume when "
    "it is back, and no others") {
  gateway_node g;
  g.told.up(1, true, false);
  g.answer(1);
  g.come(1);
  g.answer(1);
  CHECK(g.attached == 1);
  g.come(2);  // the node's answer is lost with the link
  g.told.down(1);
  CHECK(g.attached == 2);
  g.come(3);
  CHECK(g.attached == 3);
  CHECK(g.strange.empty());
  g.told.up(1, true, false);
  CHECK(g.strange == std::vector{account_id(2), account_id(3)});
  CHECK(g.all == 0);
  g.answer(1);
  g.come(4);
  g.answer(1);
  g.strange.clear();
  g.told.down(1);
  g.told.up(1, true, false);
  CHECK(g.strange.empty());
}

TEST_CASE("a node that pushes nothing, and one that was never met, make no socket resume") {
  gateway_node g;
  g.told.up(1, false, true);
  g.told.down(1);
  g.come(1);
  g.told.up(1, false, true);
  g.told.up(2, true, false);
  CHECK(g.strange.empty());
  CHECK(g.all == 0);
}

TEST_CASE("accounts beyond the limit are not kept: all sockets are told to resume") {
  gateway_node g;
  g.told.up(1, true, false);
  g.told.down(1);
  for (std::size_t i = 0; i <= runtime::attendance::most_strange; ++i) g.come(1);
  g.told.up(1, true, false);
  CHECK(g.strange.empty());
  CHECK(g.all == 1);
}
