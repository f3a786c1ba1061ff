// See refresh_tokens.hpp.
#include "actors/auth/refresh_tokens.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>

namespace nova::auth {
namespace {

constexpr std::size_t id_bytes = 16;
constexpr std::size_t generation_bytes = 4;
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t head_bytes = 2 * id_bytes + generation_bytes;
constexpr std::size_t token_bytes = head_bytes + secret_bytes;

using head = std::array<std::uint8_t, head_bytes>;

head head_of(const uuid& account, const uuid& session, std::int64_t generation) {
  head out{};
  std::ranges::copy(account, out.begin());
  std::ranges::copy(session, out.begin() + id_bytes);
  for (std::size_t i = 0; i < generation_bytes; ++i)
    out[2 * id_bytes + i] =
        static_cast<std::uint8_t>(generation >> (8 * (generation_bytes - 1 - i)));
  return out;
}

std::array<std::uint8_t, secret_bytes> secret_of(const head& h, std::string_view salt,
                                                 const root_key& key) {
  crypto_generichash_state state;
  std::array<std::uint8_t, secret_bytes> out{};
  crypto_generichash_init(&state, key.data(), key.size(), out.size());
  crypto_generichash_update(&state, h.data(), h.size());
  crypto_generichash_update(&state, reinterpret_cast<const std::uint8_t*>(salt.data()),
                            salt.size());
  crypto_generichash_final(&state, out.data(), out.size());
  return out;
}

}  // namespace

std::optional<refresh_claim> parse_refresh_token(std::string_view token) {
  const auto raw = base64url_decode(token);
  if (!raw || raw->size() != token_bytes) return std::nullopt;
  refresh_claim claim;
  std::copy_n(raw->begin(), id_bytes, claim.account.begin());
  std::copy_n(raw->begin() + id_bytes, id_bytes, claim.session.begin());
  for (std::size_t i = 0; i < generation_bytes; ++i)
    claim.generation = (claim.generation << 8) | (*raw)[2 * id_bytes + i];
  std::copy_n(raw->begin() + head_bytes, secret_bytes, claim.secret.begin());
  return claim;
}

refresh_tokens::refresh_tokens(const root_key& root) {
  crypto_kdf_derive_from_key(key_.data(), key_.size(), 1, "novarfsh", root.data());
}

std::string refresh_tokens::make(const uuid& account, const session_row& session) const {
  const auto h = head_of(account, session.session_id, session.generation);
  const auto secret = secret_of(h, session.salt, key_);
  std::array<std::uint8_t, token_bytes> raw{};
  std::ranges::copy(h, raw.begin());
  std::ranges::copy(secret, raw.begin() + head_bytes);
  return base64url_encode(raw);
}

bool refresh_tokens::authentic(const refresh_claim& claim, std::string_view salt) const {
  const auto expected =
      secret_of(head_of(claim.account, claim.session, claim.generation), salt, key_);
  return sodium_memcmp(expected.data(), claim.secret.data(), expected.size()) == 0;
}

refresh_verdict judge_refresh(const session_row& session, std::int64_t generation, unix_ms now,
                              unix_ms grace_ms) {
  if (generation == session.generation) return refresh_verdict::rotate;
  if (generation > session.generation) return refresh_verdict::unknown;
  if (generation + 1 == session.generation && now <= session.rotated_at + grace_ms)
    return refresh_verdict::repeat;
  return refresh_verdict::reused;
}

}  // namespace nova::auth
