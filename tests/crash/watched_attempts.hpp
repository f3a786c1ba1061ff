// How many attempts to send were answered in time, by conversation and gateway: for the nemesis, which asks it of the shards that a
// fault does not touch. The workload counts, on its thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nova::crash {

struct attempt_count {
  std::uint64_t tried = 0;     ///< the sum of the next four
  std::uint64_t answered = 0;  ///< in time
  std::uint64_t late = 0, put_off = 0, cut = 0;
  std::uint64_t moved = 0;  ///< not tried: their gateway closed the socket with "resume"

  attempt_count& operator+=(const attempt_count& more) {
    tried += more.tried, answered += more.answered, late += more.late, put_off += more.put_off;
    cut += more.cut, moved += more.moved;
    return *this;
  }
};

/// An attempt is one messaging.send on a socket that was open before. It is answered when it is carried out, or refused for good, within
/// `in_time`; else its answer is late, puts it off (it has to be made again), or its socket is cut. Three kinds are left out, because they
/// say nothing of the shard: the attempts of devices that are slow on purpose, those whose socket the load itself drops, and those whose
/// gateway closes the socket with 1012 (which are counted apart).
class watched_attempts {
 public:
  watched_attempts(std::size_t conversations, std::size_t gateways,
                   std::chrono::milliseconds in_time)
      : in_time(in_time), gateways_(gateways), counts_(conversations * gateways) {}

  const std::chrono::milliseconds in_time;

  /// Numbers as in the history and in workload_options: `to` is gateway 0.
  attempt_count& of(std::size_t conversation, std::size_t gateway) {
    return counts_[conversation * gateways_ + gateway];
  }

 private:
  std::size_t gateways_;
  std::vector<attempt_count> counts_;
};

}  // namespace nova::crash
