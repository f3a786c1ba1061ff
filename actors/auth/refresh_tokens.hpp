// Refresh tokens: opaque to clients; inside, account, session, generation and a secret that is a
// keyed hash of these and of the session's salt. So nothing secret is stored: a token can be made
// only by who has both the installation's secret and the session's row, and the successor of a
// token is the same however often it is asked for.
#pragma once

#include "actors/auth/token_signer.hpp"
#include "storage/auth/auth_rows.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace nova::auth {

inline constexpr std::size_t session_salt_bytes = 16;

/// What a token claims; not verified.
struct refresh_claim {
  uuid account{};
  uuid session{};
  std::int64_t generation = 0;
  std::array<std::uint8_t, 32> secret{};
};

/// Empty for text that is no refresh token.
std::optional<refresh_claim> parse_refresh_token(std::string_view token);

/// Thread-safe.
class refresh_tokens {
 public:
  explicit refresh_tokens(const root_key& root);
  /// The token of the session's current generation.
  std::string make(const uuid& account, const session_row& session) const;
  /// True when Nova made the claim's secret for a session with this salt. Takes the same time
  /// either way.
  bool authentic(const refresh_claim& claim, std::string_view salt) const;

 private:
  root_key key_{};
};

/// What is to be done with an authentic token of a live session.
enum class refresh_verdict : std::uint8_t {
  rotate,  ///< the valid one: give its successor
  repeat,  ///< the one before, its successor unused and within the grace: give the same successor again
  reused,   ///< an older one: somebody else has it; end the session
  unknown,  ///< of a generation that was never issued
};
refresh_verdict judge_refresh(const session_row& session, std::int64_t generation, unix_ms now,
                              unix_ms grace_ms);

}  // namespace nova::auth
