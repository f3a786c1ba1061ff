// The heap of the executables that link nova_allocator: jemalloc's heap, or under a sanitizer the sanitizer's own.
#pragma once

#include <cstddef>

namespace nova::config {

/// Bytes of the heap that the program holds, in all threads.
std::size_t heap_in_use();

/// Gives free memory back to the system now. Without this call jemalloc gives memory back slowly.
void trim_heap();

}  // namespace nova::config
