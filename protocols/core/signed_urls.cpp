#include "protocols/core/signed_urls.hpp"

#include "protocols/core/jwt.hpp"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace nova {
namespace {

constexpr std::string_view purpose = "nova signed address 1";

}  // namespace

url_signer::url_signer(std::string_view secret) {
  if (secret.size() < key_.size())
    throw std::invalid_argument("the key of signed addresses is too short");
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  const std::string input = std::string(purpose) + std::string(secret);
  crypto_generichash(key_.data(), key_.size(), reinterpret_cast<const std::uint8_t*>(input.data()),
                     input.size(), nullptr, 0);
}

std::string url_signer::signature(std::string_view path, std::string_view until) const {
  std::string text(path);
  text += '\n';
  text += until;
  std::array<std::uint8_t, crypto_auth_BYTES> out;
  crypto_auth(out.data(), reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
              key_.data());
  return base64url_encode(out);
}

std::string url_signer::sign(std::string_view path, unix_ms now, std::uint32_t ttl_s) const {
  const std::int64_t step = std::max<std::int64_t>(1, ttl_s / 8);
  const auto end = (now / 1000 + ttl_s + step) / step * step;
  const auto until = std::to_string(end);
  std::string out(path);
  out += "?until=" + until + "&sig=" + signature(path, until);
  return out;
}

bool url_signer::good(std::string_view path, std::string_view until, std::string_view sig,
                      unix_ms now) const {
  std::int64_t end = 0;
  const auto [at, ec] = std::from_chars(until.data(), until.data() + until.size(), end);
  if (ec != std::errc() || at != until.data() + until.size() || end <= now / 1000) return false;
  const auto wanted = signature(path, until);
  return wanted.size() == sig.size() && sodium_memcmp(wanted.data(), sig.data(), sig.size()) == 0;
}

}  // namespace nova
