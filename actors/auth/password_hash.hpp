// Argon2id password hashes (libsodium). Called inside jobs of the work pool: one call takes tens of
// milliseconds and the memory of its cost.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nova::auth {

struct hash_cost {
  std::uint32_t opslimit = 2;        ///< passes (t)
  std::uint32_t memory_kib = 19456;  ///< memory (m)
};

/// PHC string `$argon2id$v=19$m=…,t=…,p=1$salt$hash`. Throws std::bad_alloc when the memory cannot be
/// allocated.
std::string hash_password(std::string_view password, const hash_cost& cost);

/// Compares in constant time. False for a `hash` that is not a PHC string.
bool verify_password(const std::string& hash, std::string_view password);

/// True when `hash` was made with less memory or fewer passes than `cost`, or cannot be read.
bool weaker_than(const std::string& hash, const hash_cost& cost);

/// The result of a job for a sign-in or a password change.
struct checked_password {
  bool right = false;
  std::string new_hash;  ///< to be stored; empty: keep the old one
};

}  // namespace nova::auth
