// Access tokens: Ed25519 (EdDSA) JSON Web Tokens, RFC 7519 and RFC 9068. auth signs, every gateway
// verifies locally. Only Nova issues these tokens, so exactly one spelling of the header is accepted,
// byte for byte. A header with another algorithm, `jku`, `crit` or repeated names is refused.
#pragma once

#include "protocols/core/error.hpp"
#include "protocols/core/ids.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nova {

/// A longer token is refused before any other check.
inline constexpr std::size_t max_jwt_bytes = 4096;

struct jwt_claims {
  std::string iss;
  std::string aud;
  std::string sub;                         ///< account
  std::string sid;                         ///< auth session
  std::int64_t iat = 0, nbf = 0, exp = 0;  ///< seconds since 1970
  std::string jti;                         ///< empty: none
};

struct signing_key {
  std::string kid;                        ///< 1 to 64 of [A-Za-z0-9_-]
  std::array<std::uint8_t, 64> secret{};  ///< libsodium's form: seed, then public key
};

struct verifying_key {
  std::string kid;
  std::array<std::uint8_t, 32> public_key{};
};

struct key_set {
  std::vector<verifying_key> keys;
  const verifying_key* find(std::string_view kid) const noexcept;
};

/// The values that a verifier requires.
struct jwt_policy {
  std::string iss = "nova";
  std::string aud = "nova";
  std::int64_t leeway_s = 5;
};

signing_key make_signing_key(std::string kid, std::span<const std::uint8_t, 32> seed);
verifying_key public_part(const signing_key& key);

std::string sign_jwt(const jwt_claims& claims, const signing_key& key);

/// Returns the claims of a token that is well-formed, signed by a known key, made for `policy` and valid at `now`.
/// sub and sid are UUIDs. Errors: `token_expired` when only the time is wrong, otherwise
/// `unauthenticated`.
result<jwt_claims> verify_jwt(std::string_view token, const key_set& keys, unix_ms now,
                              const jwt_policy& policy = {});

/// The key id that a well-formed token names, unverified. A verifier uses it to look for newer keys.
std::optional<std::string> jwt_key_id(std::string_view token);

/// RFC 4648 §5 without padding. Decoding refuses padding, foreign characters and stray bits.
std::string base64url_encode(std::span<const std::uint8_t> bytes);
std::optional<std::vector<std::uint8_t>> base64url_decode(std::string_view text);

}  // namespace nova
