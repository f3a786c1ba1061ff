// Weighted rendezvous hashing: which of several nodes should own something, the same answer on each node. When a node comes or
// goes, only what it wins or held changes its place. Used by cluster_router; pure.
#pragma once

#include "protocols/core/ids.hpp"

#include <cmath>
#include <string>
#include <string_view>
#include <utility>

namespace nova::runtime {

/// Greater is better. `weight` is above 0; a node of weight 2 wins twice as often as one of weight 1.
inline double rendezvous_score(std::string_view what, std::string_view node, double weight = 1) {
  std::string text(what);
  text.push_back('\0');
  text.append(node);
  constexpr double range = 18446744073709551616.0;  // 2^64
  const double u = (static_cast<double>(stable_hash(text)) + 0.5) / range;
  return -weight / std::log(u);
}

/// The best of the nodes; empty when there is none. `nodes`: pairs of name and weight.
template <class Nodes>
std::string_view rendezvous(std::string_view what, const Nodes& nodes) {
  std::string_view best;
  double most = -1;
  for (const auto& [node, weight] : nodes) {
    const double score = rendezvous_score(what, node, weight);
    if (score > most || (score == most && node < best)) {
      most = score;
      best = node;
    }
  }
  return best;
}

}  // namespace nova::runtime
