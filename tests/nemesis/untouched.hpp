// How available the shards were that a fault did not touch. Used by nemesis.cpp.
//
// Judged are the faults that touch one node: its process, its program or its wires. Others touch all shards, or several nodes. A shard of
// messaging is untouched when its owner before the fault is another node, and still is when all nodes are linked and agree again. A send is
// counted when its shard is untouched and its gateway is another node too, and when it begins between the blow and that agreement. The
// availability is the share of these that are answered within a second; watched_attempts.hpp says what is an attempt and when it is answered.
// The attempts between the faults, to all shards and gateways, are the reference: on a busy machine their share is below 1 as well.
#pragma once

#include "tests/crash/load.hpp"
#include "tests/nemesis/bed.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace nova::nemesis {

class untouched_shards {
 public:
  untouched_shards(bed& b, crash::load& l) : bed_(b), load_(l), calm_(sheet()) {}

  /// From here to begin_fault(): between faults.
  void begin_calm();
  void begin_fault();
  /// The bed is whole. `touched`: the only node that the fault touched; none: it does not count.
  void end_fault(std::optional<std::size_t> touched);

  /// Each fault in order; `tried` is 0 where it does not count. At rest.
  std::vector<crash::attempt_count> faults();
  crash::attempt_count calm();

 private:
  struct fault {
    std::shared_ptr<crash::watched_attempts> attempts;
    std::optional<std::size_t> touched;
    std::vector<std::size_t> before, after;  ///< owners by shard
  };

  std::shared_ptr<crash::watched_attempts> sheet() const;

  bed& bed_;
  crash::load& load_;
  const std::shared_ptr<crash::watched_attempts> calm_;
  std::vector<fault> faults_;
};

}  // namespace nova::nemesis
