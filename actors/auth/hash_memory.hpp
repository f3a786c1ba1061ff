// The working memory of Argon2id, kept from one hash to the next. libsodium maps it anew for every hash, and to fault in and
// zero its pages costs the kernel more than the hash itself. Used by password_hash.cpp around libsodium's calls.
#pragma once

namespace nova::auth {

/// While it lives, what libsodium maps on this thread is this thread's kept memory: one region, as large as the largest
/// hash so far, given back when the thread ends. A hash reads only blocks that it wrote before, so what an earlier one left
/// there changes nothing. libsodium's mmap comes here by the linker (--wrap in CMakeLists.txt); linked otherwise, hashes
/// are slower and right. Not to be nested.
class kept_hash_memory {
 public:
  kept_hash_memory() noexcept;
  ~kept_hash_memory();
  kept_hash_memory(const kept_hash_memory&) = delete;
  kept_hash_memory& operator=(const kept_hash_memory&) = delete;
};

}  // namespace nova::auth
