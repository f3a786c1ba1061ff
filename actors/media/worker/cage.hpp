// Takes away from this process all that decoding does not need, before it reads untrusted bytes. Called by the worker.
#pragma once

#include <cstdint>

namespace nova::media {

struct cage_limits {
  std::uint64_t memory_bytes;  ///< address space
  std::uint32_t cpu_s;
};

/// Limits memory and CPU time; opens no file, starts no program, reaches no network from now on (Landlock and seccomp; where the
/// kernel has no Landlock, seccomp alone refuses to open files). False: the kernel refused the limits.
bool lock_down(const cage_limits& limits);

}  // namespace nova::media
