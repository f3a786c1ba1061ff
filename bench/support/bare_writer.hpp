// The reference of fanout: a process that writes frames of equal size to many sockets in an epoll loop, with nothing around
// it, and a reader that counts the bytes.
#pragma once

#include <cstddef>
#include <string>

namespace nova::bench {

struct bare_writing {
  double deliveries_per_second = 0;
  double writer_cpu_per_million = 0;  ///< CPU seconds of the writing process per million frames
};

/// `frames` of `frame_bytes` each in one write per socket and turn, a turn when everybody has read the last, for `seconds`.
/// False: `problem`.
bool write_bare(std::size_t sockets, std::size_t frame_bytes, std::size_t frames, double seconds, bare_writing& out,
                std::string& problem);

}  // namespace nova::bench
