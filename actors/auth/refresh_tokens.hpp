// Refresh tokens, opaque to clients. Inside are the account, the session, the generation and a secret: a
// keyed hash of these values and of the session's salt. So no secret is stored. Making a token needs both
// the installation's secret and the session's row. The successor of a
// token is the same each time it is made.
#pragma once

#include "actors/auth/token_signer.hpp"
#include "storage/auth/auth_rows.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace nova::auth {

inline constexpr std::size_t session_salt_bytes = 16;

/// The claims of a token; not verified.
struct refresh_claim {
  uuid account{};
  uuid session{};
  std::int64_t generation = 0;
  std::array<std::uint8_t, 32> secret{};
};

/// Empty for text that is not a refresh token.
std::optional<refresh_claim> parse_refresh_token(std::string_view token);

/// Thread-safe.
class refresh_tokens {
 public:
  explicit refresh_tokens(const root_key& root);
  /// The token of the session's current generation.
  std::string make(const uuid& account, const session_row& session) const;
  /// True when Nova made the claim's secret for a session with this salt. Takes equal time in
  /// both cases.
  bool authentic(const refresh_claim& claim, std::string_view salt) const;

 private:
  root_key key_{};
};

/// The action for an authentic token of a live session.
enum class refresh_verdict : std::uint8_t {
  rotate,  ///< the valid token: give its successor
  repeat,  ///< the token before, with an unused successor and within the grace period: give the same successor again
  reused,  ///< an older token, so another party has it; end the session
  unknown,  ///< of a generation that was never issued
};
refresh_verdict judge_refresh(const session_row& session, std::int64_t generation, unix_ms now,
                              unix_ms grace_ms);

}  // namespace nova::auth
