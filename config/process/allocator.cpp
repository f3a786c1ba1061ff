// See allocator.hpp. jemalloc, because glibc's malloc took a third of the server's time with 1,000 busy sockets: what one thread
// allocates another one frees. It also gives memory back after a mass passivation, which glibc keeps.
#include "config/process/allocator.hpp"

#ifdef NOVA_JEMALLOC
#include <jemalloc/jemalloc.h>

#include <cstdint>
#else
#include <malloc.h>
#endif

#ifdef NOVA_JEMALLOC
extern "C" {
/// Read by jemalloc when it starts. Free pages go back (after 10 s) also while no thread allocates.
const char* malloc_conf = "background_thread:true";
}
#endif

namespace nova::config {

#ifdef NOVA_JEMALLOC

std::size_t heap_in_use() {
  std::uint64_t epoch = 1;  // whatever is written makes it take new figures
  mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch);
  std::size_t bytes = 0, size = sizeof bytes;
  mallctl("stats.allocated", &bytes, &size, nullptr, 0);
  return bytes;
}

void trim_heap() { mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0); }  // 4096: all arenas

#else

std::size_t heap_in_use() {
  const auto heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

void trim_heap() { malloc_trim(0); }

#endif

}  // namespace nova::config
