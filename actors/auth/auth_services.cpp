// See auth_services.hpp.
#include "actors/auth/auth_services.hpp"

#include "protocols/core/jwt.hpp"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

namespace nova::auth {
namespace {

root_key root_of(std::string_view secret) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  if (secret.size() < root_key{}.size()) throw std::invalid_argument("auth's secret is too short");
  root_key out{};
  crypto_generichash(out.data(), out.size(), reinterpret_cast<const std::uint8_t*>(secret.data()),
                     secret.size(), nullptr, 0);
  return out;
}

std::string unknown_password() {
  std::string out(32, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

}  // namespace

auth_services::auth_services(config::auth_settings s, std::string_view secret)
    : auth_services(s, root_of(secret)) {}

auth_services::auth_services(config::auth_settings s, const root_key& root)
    : settings(s),
      cost{s.password_opslimit, s.password_memory_kib},
      signer(root, {s.access_token_ttl_s, s.signing_key_rotation_s, s.signing_key_series}),
      refresh(root),
      decoy_hash(hash_password(unknown_password(), cost)) {
  crypto_kdf_derive_from_key(decoy_key_.data(), decoy_key_.size(), 1, "novadecy", root.data());
  crypto_kdf_derive_from_key(export_key_.data(), export_key_.size(), 1, "novaexpo", root.data());
}

uuid auth_services::decoy_account(std::string_view name) const {
  uuid out{};
  crypto_generichash(out.begin(), out.size(), reinterpret_cast<const std::uint8_t*>(name.data()),
                     name.size(), decoy_key_.data(), decoy_key_.size());
  out.data[6] = static_cast<std::uint8_t>((out.data[6] & 0x0F) | 0x80);
  out.data[8] = static_cast<std::uint8_t>((out.data[8] & 0x3F) | 0x80);
  return out;
}

std::string auth_services::export_signature(const uuid& id, std::int64_t until) const {
  const auto text = to_string(id) + '.' + std::to_string(until);
  std::array<std::uint8_t, crypto_auth_BYTES> mac{};
  crypto_auth(mac.data(), reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
              export_key_.data());
  return base64url_encode(mac);
}

bool auth_services::good_export(const uuid& id, std::int64_t until,
                                std::string_view signature) const {
  const auto right = export_signature(id, until);
  return right.size() == signature.size() &&
         sodium_memcmp(right.data(), signature.data(), right.size()) == 0;
}

}  // namespace nova::auth
