// Signing keys of access tokens, derived from the installation's secret and the time. Key n is in use
// during the n-th rotation interval since 1970. So keys survive restarts, every node
// has the same keys without a request, and no private key is stored in a database. Called by auth's
// entities; the public keys leave as JWKS.
#pragma once

#include "protocols/core/ids.hpp"
#include "protocols/core/jwt.hpp"
#include "protocols/core/published.hpp"

#include <array>
#include <memory>
#include <vector>

namespace nova::auth {

using root_key = std::array<std::uint8_t, 32>;

struct signer_options {
  std::uint32_t access_token_ttl_s = 900;
  std::uint32_t rotation_s =
      604800;  ///< at least access_token_ttl_s is used, so that few keys are valid at once
  std::uint32_t series = 0;  ///< another series has other keys
};

/// Thread-safe.
class token_signer {
 public:
  token_signer(const root_key& root, signer_options options);

  std::string sign(const uuid& account, const uuid& session, unix_ms now) const;

  /// The key in use, the next key (so that verifiers know it in advance), and the key before until its last
  /// token has expired. A short interval may leave two keys before. In order of use.
  std::vector<verifying_key> public_keys(unix_ms now) const;

  std::int64_t access_token_ttl_s() const noexcept { return options_.access_token_ttl_s; }
  /// The time from which no access token issued until `now` is accepted.
  unix_ms dead_after(unix_ms now) const noexcept;

 private:
  struct dated_key {
    std::int64_t interval;
    signing_key key;
  };
  std::shared_ptr<const dated_key> key_of(std::int64_t interval) const;
  std::int64_t interval_of(unix_ms now) const noexcept;

  root_key series_root_{};
  signer_options options_;
  mutable published<dated_key> latest_;  ///< deriving a key takes longer than signing
};

}  // namespace nova::auth
