// The heap of the executables that link nova_allocator: jemalloc's, under a sanitizer its own.
#pragma once

#include <cstddef>

namespace nova::config {

/// Bytes of the heap that the program holds, of all threads.
std::size_t heap_in_use();

/// Gives free memory back to the system now. jemalloc itself gives it back slowly.
void trim_heap();

}  // namespace nova::config
