// Limits and lifetimes of accounts, sessions and keys. Filled by config/settings, read by actors/auth.
#pragma once

#include <cstdint>

namespace nova::config {

struct auth_settings {
  std::uint32_t access_token_ttl_s = 900;         ///< life of an access token, seconds; 10 … 86400
  std::uint32_t refresh_grace_s = 10;             ///< a rotated refresh token still gives its successor, seconds; 0 … 60
  std::uint32_t session_lifetime_d = 90;          ///< a session ends this long after its sign-in, days; 1 … 3650
  std::uint32_t session_idle_d = 30;              ///< a session ends when not refreshed for so long, days; 1 … 3650
  std::uint32_t sessions_per_account = 100;       ///< one more revokes the oldest; 1 … 1000
  std::uint32_t signing_key_rotation_s = 604800;  ///< a new signing key every so often, seconds; 60 … 31536000, at least access_token_ttl_s
  std::uint32_t signing_key_series = 0;           ///< raise it to replace all signing keys at once; 0 … 4294967295
  std::uint32_t password_opslimit = 2;            ///< Argon2id passes (t); 2 … 16
  std::uint32_t password_memory_kib = 19456;      ///< Argon2id memory (m), KiB; 19456 … 1048576
  std::uint32_t free_login_failures = 5;          ///< failures of one account before it is locked; 1 … 20
  std::uint32_t lockout_base_s = 2;               ///< first lock, doubled by each further failure, seconds; 1 … 3600
  std::uint32_t lockout_cap_s = 3600;             ///< longest lock, seconds; 1 … 86400
  std::uint32_t lockout_forget_s = 86400;         ///< failures are forgotten after so long without one, seconds; 60 … 2592000
};

}  // namespace nova::config
