// The heap of the executables that link nova_allocator: jemalloc's, under a sanitizer its own.
#pragma once

#include <cstddef>

namespace nova::config {

/// Bytes of the heap that the program holds, of all threads.
std::size_t heap_in_use();

/// Gives the system back what is free, which otherwise happens by and by.
void trim_heap();

}  // namespace nova::config
