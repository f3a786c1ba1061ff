// Three nodes of different weights: how many parts each of them gets, and that all agree while one is of a release without weights.
#include "actors/runtime/node/node.hpp"
#include "actors/runtime/placement/rendezvous.hpp"
#include "tests/simulation/cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace nova;
using namespace nova::simulation;

namespace {

using weights = std::vector<double>;

constexpr std::uint32_t parts = 64;
constexpr milliseconds patience{120'000};

cluster_options three(const weights& w) {
  cluster_options o;
  o.nodes = w.size();
  o.linked = true;
  o.weights = w;
  o.settings.shards = parts;
  o.settings.cluster.parts = parts;
  o.settings.cluster.moves_at_once = parts;
  o.settings.gateway.resume_key = std::string(32, 'r');
  o.settings.gateway.web_root.clear();
  return o;
}

/// Each node says that each part is where it belongs by these weights.
bool placed_by(cluster& c, const weights& w) {
  std::vector<std::pair<std::string, double>> nodes;
  for (std::size_t i = 0; i < w.size(); ++i) nodes.emplace_back(virtual_network::name_of(i), w[i]);
  for (std::size_t i = 0; i < w.size(); ++i) {
    const auto owners = c.node(i)->node().status().owners;
    if (owners.empty() || !std::ranges::all_of(owners, [&](const auto& o) {
          return o.node == runtime::rendezvous(o.domain + '/' + std::to_string(o.part), nodes);
        }))
      return false;
  }
  return true;
}

std::map<std::string, double> counted(cluster& c) {
  std::map<std::string, double> out;
  for (const auto& o : c.node(0)->node().status().owners) ++out[o.node];
  return out;
}

struct started : cluster {
  explicit started(const weights& w) : cluster(three(w)) {
    for (std::size_t i = 1; i < w.size(); ++i) start(i);
  }
  bool settles_by(const weights& w) {
    return run_until([&] { return placed_by(*this, w); }, patience);
  }
};

}  // namespace

TEST_CASE(
    "of three nodes, one of weight 2 gets about twice as many parts as the others on average") {
  started c({1, 2, 1});
  REQUIRE(c.settles_by({1, 2, 1}));
  auto owned = counted(c);
  const auto others = (owned["node-0"] + owned["node-2"]) / 2;
  CHECK(owned["node-1"] > 1.7 * others);
  CHECK(owned["node-1"] < 2.3 * others);
}

TEST_CASE(
    "while a node tells no weight all count alike on each node; when it tells one, parts move") {
  started c({0, 2, 1});
  REQUIRE(c.settles_by({1, 1, 1}));
  c.crash(0);
  c.set_weight(0, 1);
  c.start(0);
  CHECK(c.settles_by({1, 2, 1}));
}
