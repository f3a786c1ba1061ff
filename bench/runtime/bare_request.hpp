// The reference of ask: pairs of plain CAF actors; one actor asks the other.
#pragma once

#include "actors/runtime/node/node.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace nova::bench {

class bare_caf {
 public:
  /// Uses CAF's own scheduler, `sharing`, with as many threads as a node has.
  bare_caf();
  /// Uses the scheduler of a node; the node must outlive this object.
  explicit bare_caf(runtime::node& on);
  ~bare_caf();

  /// Runs `lanes` pairs for `seconds`, each with one request under way (a key of 36 bytes, answered with the sum so far). Returns
  /// the number of answers.
  std::uint64_t run(std::size_t lanes, double seconds);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace nova::bench
