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

struct bare_shape {
  std::size_t sockets = 1;
  std::size_t frame_bytes = 0;
  std::size_t frames = 1;  ///< in one write, which is one socket's turn
  double turns_per_second =
      0;  ///< at most; 0: the next turn begins when everybody has read the last
  double seconds = 1;
};

/// False: `problem`.
bool write_bare(const bare_shape& shape, bare_writing& out, std::string& problem);

}  // namespace nova::bench
