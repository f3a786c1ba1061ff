// Resume tokens: with one a client continues a session on a new socket. They are authenticated by a key
// that survives restarts, so no node has to store them. Called by socket_session.
#pragma once

#include "protocols/core/ids.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

struct resume_claims {
  uuid account{};
  uuid session{};  ///< the auth session that the device's marks belong to
  uuid lineage{};  ///< the same in all resumes
  unix_ms expires_at = 0;
};

class resume_tokens {
 public:
  /// `secret`: at least 32 bytes. Empty: a random key, so tokens end with the process.
  explicit resume_tokens(std::string_view secret);

  std::string make(const resume_claims& claims) const;

  /// Empty when the token is forged, malformed or expired at `now`.
  std::optional<resume_claims> read(std::string_view token, unix_ms now) const;

 private:
  std::array<std::uint8_t, 32> key_{};
};

}  // namespace nova::gateway
