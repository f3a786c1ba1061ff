// See hash_memory.hpp.
#include "actors/auth/hash_memory.hpp"

#include <sys/mman.h>

#include <cstddef>

extern "C" {
void* __real_mmap(void* at, std::size_t bytes, int protection, int flags, int file, off_t offset);
int __real_munmap(void* at, std::size_t bytes);
}

namespace nova::auth {
namespace {

struct region {
  void* base = nullptr;
  std::size_t bytes = 0;
  bool open = false;   // a kept_hash_memory lives
  bool taken = false;  // libsodium has it

  ~region() { release(); }

  void release() noexcept {
    if (base != nullptr) __real_munmap(base, bytes);
    base = nullptr;
    bytes = 0;
  }

  // MAP_FAILED like mmap itself.
  void* take(std::size_t wanted, int protection, int flags) noexcept {
    if (bytes < wanted) {
      release();
      void* fresh = __real_mmap(nullptr, wanted, protection, flags, -1, 0);
      if (fresh == MAP_FAILED) return fresh;
      base = fresh;
      bytes = wanted;
    }
    taken = true;
    return base;
  }
};

thread_local region kept;

}  // namespace

kept_hash_memory::kept_hash_memory() noexcept { kept.open = true; }
kept_hash_memory::~kept_hash_memory() { kept.open = false; }

}  // namespace nova::auth

extern "C" {

void* __wrap_mmap(void* at, std::size_t bytes, int protection, int flags, int file, off_t offset) {
  auto& kept = nova::auth::kept;
  const bool working_memory =
      kept.open && !kept.taken && at == nullptr && file == -1 && (flags & MAP_ANONYMOUS) != 0;
  return working_memory ? kept.take(bytes, protection, flags)
                        : __real_mmap(at, bytes, protection, flags, file, offset);
}

int __wrap_munmap(void* at, std::size_t bytes) {
  auto& kept = nova::auth::kept;
  if (!kept.taken || at != kept.base) return __real_munmap(at, bytes);
  kept.taken = false;
  return 0;
}
}
