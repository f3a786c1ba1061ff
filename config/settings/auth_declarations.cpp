// Rows of config/settings/auth_settings.hpp. Called by declarations().
#include "config/settings/declare.hpp"

namespace nova::config {

std::vector<declaration> auth_declarations() {
  return {
      SETTING(auth, access_token_ttl_s, between(10, 86'400), "Life of an access token, seconds."),
      SETTING(auth, refresh_grace_s, between(0, 60),
              "How long a rotated refresh token still gives its successor, seconds."),
      SETTING(auth, session_lifetime_d, between(1, 3'650),
              "A session ends this long after its sign-in, days."),
      SETTING(auth, session_idle_d, between(1, 3'650),
              "A session ends when it was not refreshed for so long, days."),
      SETTING(auth, sessions_per_account, between(1, 1'000), "One more revokes the oldest."),
      SETTING(auth, signing_key_rotation_s, between(60, 31'536'000),
              "A new signing key every so often, seconds."),
      SETTING(auth, signing_key_series, between(0, 4'294'967'295),
              "Raise it to replace all signing keys at once."),
      SETTING(auth, password_opslimit, between(2, 16), "Passes of Argon2id (t)."),
      SETTING(auth, password_memory_kib, between(19'456, 1'048'576),
              "Memory of Argon2id (m), KiB."),
      SETTING(auth, free_login_failures, between(1, 20),
              "Failures of one account before it is locked."),
      SETTING(auth, lockout_base_s, between(1, 3'600),
              "First lock, doubled by each further failure, seconds."),
      SETTING(auth, lockout_cap_s, between(1, 86'400), "Longest lock, seconds."),
      SETTING(auth, lockout_forget_s, between(60, 2'592'000),
              "Failures are forgotten after so long without one, seconds."),
  };
}

}  // namespace nova::config
