// Cursors as base64url(position, HMAC-SHA-512/256); the account is authenticated with them and not written into them.
#include "actors/feed/page_tokens.hpp"

#include "protocols/core/jwt.hpp"
#include "protocols/core/page.hpp"

#include <sodium.h>

#include <algorithm>
#include <span>
#include <stdexcept>

namespace nova::feed {
namespace {

constexpr std::string_view purpose = "nova feed cursor 1";
constexpr std::size_t body_bytes = 1 + 4 * 8 + 16;
constexpr std::size_t token_bytes = body_bytes + crypto_auth_BYTES;

std::array<std::uint8_t, 16 + body_bytes> authenticated(const uuid& account,
                                                        const std::uint8_t* body) {
  std::array<std::uint8_t, 16 + body_bytes> out{};
  std::copy_n(body, body_bytes, std::copy(account.begin(), account.end(), out.begin()));
  return out;
}

std::uint8_t* put(std::uint8_t* to, std::int64_t n) {
  for (int shift = 56; shift >= 0; shift -= 8) *to++ = static_cast<std::uint8_t>(n >> shift);
  return to;
}

std::int64_t take(const std::uint8_t*& from) {
  std::uint64_t n = 0;
  for (int i = 0; i < 8; ++i) n = n << 8 | *from++;
  return static_cast<std::int64_t>(n);
}

}  // namespace

page_tokens::page_tokens(std::string_view secret) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  if (secret.size() < key_.size()) throw std::invalid_argument("feed's secret is too short");
  const std::string input = std::string(purpose) + std::string(secret);
  crypto_generichash(key_.data(), key_.size(), reinterpret_cast<const std::uint8_t*>(input.data()),
                     input.size(), nullptr, 0);
}

std::string page_tokens::make(const uuid& account, const page_position& p, unix_ms now) const {
  std::array<std::uint8_t, token_bytes> out{};
  auto* to = out.data();
  *to++ = p.ranked ? 1 : 0;
  for (const auto n : {now + cursor_life_ms, p.as_of, p.shown, p.at}) to = put(to, n);
  to = std::copy(p.post_id.begin(), p.post_id.end(), to);
  const auto input = authenticated(account, out.data());
  crypto_auth(to, input.data(), input.size(), key_.data());
  return base64url_encode(out);
}

result<page_position> page_tokens::read(const uuid& account, std::string_view cursor,
                                        unix_ms now) const {
  const auto bad = [] { return invalid_field("cursor", "This is not a cursor of this list."); };
  if (cursor.size() > 2 * token_bytes) return bad();
  const auto bytes = base64url_decode(cursor);
  if (!bytes || bytes->size() != token_bytes) return bad();
  const auto* from = reinterpret_cast<const std::uint8_t*>(bytes->data());
  const auto input = authenticated(account, from);
  if (crypto_auth_verify(from + body_bytes, input.data(), input.size(), key_.data()) != 0)
    return bad();
  page_position p;
  p.ranked = *from++ == 1;
  const auto expires_at = take(from);
  p.as_of = take(from);
  p.shown = take(from);
  p.at = take(from);
  std::copy_n(from, 16, p.post_id.begin());
  if (expires_at <= now)
    return make_error(errc::expired, "This cursor has expired; begin with a fresh page.");
  return p;
}

}  // namespace nova::feed
