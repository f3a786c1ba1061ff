// Players of a live stream as cheap as possible: one thread, bodies of segments are dropped within the kernel. Used by the scenario
// `live` for Nova and for nginx.
#pragma once

#include "bench/support/report.hpp"
#include "tests/support/client/http.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace nova::bench {

/// Lines of a playlist that are addresses.
std::vector<std::string> addresses_of(const std::string& playlist);

struct playing {
  std::uint64_t rounds = 0;  ///< a playlist and the segment that it names last
  double bytes = 0;          ///< of heads and bodies
  latencies took;            ///< from the due time of a round until its segment is whole
  std::string problem;       ///< empty: each answer was a whole 200
};

/// Each player has a connection of its own, and begins a round in each `period_s`, whether or not the server is behind. Blocks for
/// `seconds` and until the last rounds are over.
playing play(const client::endpoint& from, const std::vector<std::string>& playlists,
             double period_s, double seconds);

}  // namespace nova::bench
