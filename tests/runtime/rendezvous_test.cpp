// Which node should own what: what a node that joins or leaves moves, and answers that all releases must give alike.
#include "actors/runtime/placement/rendezvous.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace nova;
using nova::runtime::rendezvous;

namespace {

using weighted = std::vector<std::pair<std::string, double>>;
using places = std::map<std::string, std::string>;  ///< of each part, its node

weighted all_of(const std::vector<std::string>& names) {
  weighted out;
  for (const auto& name : names) out.emplace_back(name, 1.0);
  return out;
}

/// 64 parts of each of the eight domains, named as cluster_placement names them.
places placed(const weighted& nodes) {
  places out;
  for (const auto* domain :
       {"auth", "user", "content", "feed", "messaging", "media", "search", "streaming"})
    for (int part = 0; part < 64; ++part) {
      const auto what = std::string(domain) + '/' + std::to_string(part);
      out[what] = rendezvous(what, nodes);
    }
  return out;
}

std::map<std::string, int> counted(const places& p) {
  std::map<std::string, int> out;
  for (const auto& [what, node] : p) ++out[node];
  return out;
}

}  // namespace

TEST_CASE("a node that joins takes its share from each of the others, and moves nothing else") {
  const auto before = placed(all_of({"node1", "node2", "node3"}));
  const auto after = placed(all_of({"node1", "node2", "node3", "node4"}));
  std::map<std::string, int> given;
  for (const auto& [what, node] : after) {
    if (node == before.at(what)) continue;
    CHECK(node == "node4");
    ++given[before.at(what)];
  }
  CHECK(given.size() == 3);
  for (const auto& [node, parts] : counted(after)) {
    CAPTURE(node);
    // A quarter of 512, give or take four standard deviations.
    CHECK(parts > 128 - 40);
    CHECK(parts < 128 + 40);
  }
}

TEST_CASE("a node that leaves moves its own parts, to each of the others") {
  const auto before = placed(all_of({"node1", "node2", "node3"}));
  const auto after = placed(all_of({"node1", "node3"}));
  std::map<std::string, int> taken;
  for (const auto& [what, node] : after)
    if (before.at(what) == "node2") ++taken[node];
    else CHECK(node == before.at(what));
  CHECK(taken.size() == 2);
}

TEST_CASE("a node of twice the weight wins twice as often") {
  weighted nodes = all_of({"node1", "node2", "node3"});
  nodes[1].second = 2;
  std::map<std::string_view, int> won;
  for (int i = 0; i < 20'000; ++i) ++won[rendezvous("thing/" + std::to_string(i), nodes)];
  for (const auto* other : {"node1", "node3"}) {
    const double times = double(won["node2"]) / won[other];
    CHECK(times > 1.9);
    CHECK(times < 2.1);
  }
}

TEST_CASE("the order in which a node knows the others changes nothing, and none is no answer") {
  const auto asked = placed(all_of({"node1", "node2", "node3"}));
  CHECK(placed(all_of({"node3", "node1", "node2"})) == asked);
  CHECK(placed(all_of({"node2", "node3", "node1"})) == asked);
  CHECK(rendezvous("auth/0", weighted()).empty());
}

// Nodes of two releases that answer differently would move parts to and fro during an upgrade.
TEST_CASE("the answers stay those of earlier releases") {
  const auto nodes = all_of({"node1", "node2", "node3"});
  std::string answers;
  for (int part = 0; part < 16; ++part)
    answers += rendezvous("messaging/" + std::to_string(part), nodes).back();
  CHECK(answers == "3111122111122222");
}
