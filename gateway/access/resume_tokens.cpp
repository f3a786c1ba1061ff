// Resume tokens as base64url(claims, HMAC-SHA-512/256); see resume_tokens.hpp.
#include "gateway/access/resume_tokens.hpp"

#include "protocols/core/jwt.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace nova::gateway {
namespace {

constexpr std::string_view purpose = "nova resume token 1";
constexpr std::size_t body_bytes = 3 * 16 + 8;
constexpr std::size_t token_bytes = body_bytes + crypto_auth_BYTES;

static_assert(crypto_auth_KEYBYTES == 32);

}  // namespace

resume_tokens::resume_tokens(std::string_view secret) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  if (secret.empty()) {
    randombytes_buf(key_.data(), key_.size());
    return;
  }
  std::string input = std::string(purpose) + std::string(secret);
  crypto_generichash(key_.data(), key_.size(), reinterpret_cast<const std::uint8_t*>(input.data()),
                     input.size(), nullptr, 0);
}

std::string resume_tokens::make(const resume_claims& claims) const {
  std::array<std::uint8_t, token_bytes> out;
  auto* to = out.data();
  for (const uuid* id : {&claims.account, &claims.session, &claims.lineage})
    to = std::copy(id->begin(), id->end(), to);
  for (int shift = 56; shift >= 0; shift -= 8)
    *to++ = static_cast<std::uint8_t>(claims.expires_at >> shift);
  crypto_auth(to, out.data(), body_bytes, key_.data());
  return base64url_encode(out);
}

std::optional<resume_claims> resume_tokens::read(std::string_view token, unix_ms now) const {
  if (token.size() > 4 * token_bytes) return std::nullopt;
  auto bytes = base64url_decode(token);
  if (!bytes || bytes->size() != token_bytes) return std::nullopt;
  if (crypto_auth_verify(bytes->data() + body_bytes, bytes->data(), body_bytes, key_.data()) != 0)
    return std::nullopt;
  resume_claims out;
  const auto* from = bytes->data();
  for (uuid* id : {&out.account, &out.session, &out.lineage}) {
    std::copy(from, from + 16, id->begin());
    from += 16;
  }
  for (int i = 0; i < 8; ++i)
    out.expires_at =
        static_cast<unix_ms>(static_cast<std::uint64_t>(out.expires_at) << 8 | *from++);
  if (out.expires_at <= now) return std::nullopt;
  return out;
}

}  // namespace nova::gateway
