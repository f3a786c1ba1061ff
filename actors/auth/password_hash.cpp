// See password_hash.hpp.
#include "actors/auth/password_hash.hpp"

#include "actors/auth/hash_memory.hpp"

#include <sodium.h>

#include <array>
#include <charconv>
#include <new>

namespace nova::auth {
namespace {

// The number after `name` ("m=") in a PHC string; 0 when it is not there.
std::uint64_t parameter(const std::string& hash, std::string_view name) {
  const auto at = hash.find(name);
  if (at == std::string::npos) return 0;
  std::uint64_t value = 0;
  const auto* begin = hash.data() + at + name.size();
  std::from_chars(begin, hash.data() + hash.size(), value);
  return value;
}

}  // namespace

std::string hash_password(std::string_view password, const hash_cost& cost) {
  std::array<char, crypto_pwhash_STRBYTES> out{};
  const kept_hash_memory memory;
  if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), cost.opslimit,
                            std::size_t{cost.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw std::bad_alloc();
  return out.data();
}

bool verify_password(const std::string& hash, std::string_view password) {
  if (hash.size() >= crypto_pwhash_STRBYTES) return false;
  const kept_hash_memory memory;
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool weaker_than(const std::string& hash, const hash_cost& cost) {
  return !hash.starts_with("$argon2id$v=19$") || parameter(hash, "$m=") < cost.memory_kib ||
         parameter(hash, ",t=") < cost.opslimit;
}

}  // namespace nova::auth
