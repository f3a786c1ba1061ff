// The reference of fanout: a bare process that writes frames of equal size to many sockets in an epoll loop, and
// a reader that counts the bytes.
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
  std::size_t frames = 1;  ///< frames of one write; one write is one socket's turn
  double turns_per_second =
      0;  ///< upper limit; 0: the next turn begins when every socket has been read
  double seconds = 1;
};

/// False: see `problem`.
bool write_bare(const bare_shape& shape, bare_writing& out, std::string& problem);

}  // namespace nova::bench
