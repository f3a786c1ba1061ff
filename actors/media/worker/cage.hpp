// Takes away from this process all that decoding does not need, before it reads untrusted bytes. Called by the worker.
#pragma once

#include <cstdint>

namespace nova::media {

struct cage_limits {
  std::uint64_t memory_bytes;  ///< address space
  std::uint32_t cpu_s;
};

/// The walls that stand. A kernel may lack one of them: the other one refuses to open files as well.
struct cage_walls {
  bool landlock = false;  ///< no path can be opened
  bool seccomp = false;   ///< no call but those of reading, writing, memory, time and threads
  bool enough() const { return landlock || seccomp; }
};

/// Limits memory and CPU time; opens no file, starts no program, reaches no network from now on. Not enough(): the kernel refused
/// the limits, or has neither wall.
cage_walls lock_down(const cage_limits& limits);

}  // namespace nova::media
