// Which segments of live streams are asked about next, before those that no stream names are removed. Used by live_routes.
#pragma once

#include "protocols/core/blobs.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace nova::gateway {

/// A walk over the store in steps. The store has no order and no place to go on from; each step takes the first names behind the last
/// step's, so that segments with a name do not hide the others, however many there are. One thread at a time.
class live_sweep {
 public:
  live_sweep(const blobs::store& segments, std::size_t at_once)
      : segments_(segments), at_once_(at_once) {}
  /// Names of segments that were kept before `until`. Empty: the walk begins anew, or the store cannot be read.
  std::vector<std::string> next(std::chrono::system_clock::time_point until);

 private:
  const blobs::store& segments_;
  const std::size_t at_once_;
  std::string behind_;
};

}  // namespace nova::gateway
