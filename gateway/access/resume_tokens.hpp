// Resume tokens: what a client shows to continue a session on a new socket. Authenticated by a key
// that survives restarts, so that no node has to remember them. Called by socket_session.
#pragma once

#include "protocols/core/ids.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

struct resume_claims {
  uuid account{};
  uuid session{};  ///< auth session that the marks of the device belong to
  uuid lineage{};  ///< the same over all resumes
  unix_ms expires_at = 0;
};

class resume_tokens {
 public:
  /// `secret`: at least 32 bytes; empty: random, so that tokens end with the process.
  explicit resume_tokens(std::string_view secret);

  std::string make(const resume_claims& claims) const;

  /// Empty: forged, malformed or expired at `now`.
  std::optional<resume_claims> read(std::string_view token, unix_ms now) const;

 private:
  std::array<std::uint8_t, 32> key_{};
};

}  // namespace nova::gateway
