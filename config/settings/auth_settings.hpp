// Limits and lifetimes of accounts, sessions and keys. Filled by config/settings, read by actors/auth.
#pragma once

#include <cstdint>

namespace nova::config {

struct auth_settings {
  /// Life of an access token, seconds. 10–86400.
  std::uint32_t access_token_ttl_s = 900;
  /// A rotated refresh token still gives its successor for this long, seconds. 0–60.
  std::uint32_t refresh_grace_s = 10;
  /// A session ends this long after its sign-in, days. 1–3650.
  std::uint32_t session_lifetime_d = 90;
  /// A session ends when it was not refreshed for so long, days. 1–3650.
  std::uint32_t session_idle_d = 30;
  /// One more revokes the oldest. 1–1000.
  std::uint32_t sessions_per_account = 100;
  /// A new signing key every so often, seconds; taken as access_token_ttl_s when less. 60–31536000.
  std::uint32_t signing_key_rotation_s = 604'800;
  /// Raise it to replace all signing keys at once. 0–4294967295.
  std::uint32_t signing_key_series = 0;
  /// Argon2id passes (t). 2–16.
  std::uint32_t password_opslimit = 2;
  /// Argon2id memory (m), KiB. 19456–1048576.
  std::uint32_t password_memory_kib = 19'456;
  /// Failures of one account before it is locked. 1–20.
  std::uint32_t free_login_failures = 5;
  /// First lock, doubled by each further failure, seconds. 1–3600.
  std::uint32_t lockout_base_s = 2;
  /// Longest lock, seconds. 1–86400.
  std::uint32_t lockout_cap_s = 3'600;
  /// Failures are forgotten after so long without one, seconds. 60–2592000.
  std::uint32_t lockout_forget_s = 86'400;
};

}  // namespace nova::config
