// See token_signer.hpp.
#include "actors/auth/token_signer.hpp"

#include <sodium.h>

#include <algorithm>
#include <tuple>

namespace nova::auth {
namespace {

// Verifiers tolerate this much clock difference at most; a retired key is published so much longer.
constexpr std::int64_t leeway_s = 60;

constexpr std::int64_t ms_per_s = 1000;

// RFC 7638: the key's id is the hash of its JWK.
std::string thumbprint(std::span<const std::uint8_t> public_key) {
  const auto jwk = R"({"crv":"Ed25519","kty":"OKP","x":")" + base64url_encode(public_key) + R"("})";
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const std::uint8_t*>(jwk.data()), jwk.size());
  return base64url_encode(hash);
}

}  // namespace

token_signer::token_signer(const root_key& root, signer_options options) : options_(options) {
  options_.rotation_s = std::max(options_.rotation_s, options_.access_token_ttl_s);
  static_assert(std::tuple_size_v<root_key> == crypto_kdf_KEYBYTES);
  crypto_kdf_derive_from_key(series_root_.data(), series_root_.size(), options_.series, "novasers",
                             root.data());
}

std::int64_t token_signer::interval_of(unix_ms now) const noexcept {
  return now / (ms_per_s * options_.rotation_s);
}

std::shared_ptr<const token_signer::dated_key> token_signer::key_of(std::int64_t interval) const {
  if (auto known = latest_.load(); known && known->interval == interval) return known;
  std::array<std::uint8_t, crypto_sign_SEEDBYTES> seed{};
  crypto_kdf_derive_from_key(seed.data(), seed.size(), static_cast<std::uint64_t>(interval),
                             "novasign", series_root_.data());
  auto key = make_signing_key("unnamed", seed);
  sodium_memzero(seed.data(), seed.size());
  key.kid = thumbprint(public_part(key).public_key);
  return std::make_shared<const dated_key>(dated_key{interval, std::move(key)});
}

std::string token_signer::sign(const uuid& account, const uuid& session, unix_ms now) const {
  const auto key = key_of(interval_of(now));
  latest_.store(key);
  const auto now_s = now / ms_per_s;
  jwt_claims claims;
  claims.iss = "nova";
  claims.aud = "nova";
  claims.sub = to_string(account);
  claims.sid = to_string(session);
  claims.iat = claims.nbf = now_s;
  claims.exp = now_s + options_.access_token_ttl_s;
  return sign_jwt(claims, key->key);
}

std::vector<verifying_key> token_signer::public_keys(unix_ms now) const {
  const auto current = interval_of(now);
  std::vector<verifying_key> out;
  const auto alive_ms = (options_.access_token_ttl_s + leeway_s) * ms_per_s;
  for (auto before = current - 1; before >= 0; --before) {
    const auto retired = (before + 1) * options_.rotation_s * ms_per_s;
    if (retired + alive_ms < now) break;
    out.insert(out.begin(), public_part(key_of(before)->key));
  }
  out.push_back(public_part(key_of(current)->key));
  out.push_back(public_part(key_of(current + 1)->key));
  return out;
}

unix_ms token_signer::dead_after(unix_ms now) const noexcept {
  return now + (options_.access_token_ttl_s + leeway_s) * ms_per_s;
}

}  // namespace nova::auth
