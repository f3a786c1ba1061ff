// The working memory of Argon2id, kept from one hash to the next. libsodium maps new memory for every hash. Faulting in and
// zeroing its pages costs the kernel more than the hash itself. Used by password_hash.cpp around libsodium's calls.
#pragma once

namespace nova::auth {

/// During its life, libsodium's mappings on this thread get the thread's kept memory: one region, as large as the largest
/// hash so far, freed when the thread ends. A hash reads only blocks that it wrote before, so data of an earlier hash has no
/// effect. The linker redirects libsodium's mmap to this code (--wrap in CMakeLists.txt). In a program linked without it, hashes
/// are slower but correct. Do not nest.
class kept_hash_memory {
 public:
  kept_hash_memory() noexcept;
  ~kept_hash_memory();
  kept_hash_memory(const kept_hash_memory&) = delete;
  kept_hash_memory& operator=(const kept_hash_memory&) = delete;
};

}  // namespace nova::auth
