// Signing and verifying of access tokens on libsodium; called by actors/auth and gateway/tokens.
#include "protocols/core/jwt.hpp"

#include <sodium.h>
#include <boost/json.hpp>

#include <algorithm>

namespace nova {
namespace {

constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

void init_sodium() {
  static const int ready = sodium_init();
  if (ready < 0) throw std::runtime_error("libsodium cannot be initialised");
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool is_kid(std::string_view kid) {
  auto ok = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !kid.empty() && kid.size() <= 64 && std::all_of(kid.begin(), kid.end(), ok);
}

std::string header_of(std::string_view kid) {
  return R"({"alg":"EdDSA","kid":")" + std::string(kid) + R"(","typ":"at+jwt"})";
}

struct parts {
  std::string_view signed_text, header, claims, signature;
};

std::optional<parts> split(std::string_view token) {
  if (token.size() > max_jwt_bytes) return std::nullopt;
  auto first = token.find('.');
  if (first == token.npos) return std::nullopt;
  auto second = token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
  return parts{token.substr(0, second), token.substr(0, first),
               token.substr(first + 1, second - first - 1), token.substr(second + 1)};
}

std::optional<std::string> kid_of(std::string_view encoded_header) {
  auto bytes = base64url_decode(encoded_header);
  if (!bytes) return std::nullopt;
  std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  static const std::string before = R"({"alg":"EdDSA","kid":")", after = R"(","typ":"at+jwt"})";
  if (text.size() <= before.size() + after.size() || !text.starts_with(before) ||
      !text.ends_with(after))
    return std::nullopt;
  auto kid = text.substr(before.size(), text.size() - before.size() - after.size());
  if (!is_kid(kid)) return std::nullopt;
  return std::string(kid);
}

bool read_text(const boost::json::object& from, std::string_view name, std::string& to) {
  auto* value = from.if_contains(name);
  if (!value || !value->is_string()) return false;
  to = std::string(value->get_string());
  return true;
}

bool read_seconds(const boost::json::object& from, std::string_view name, std::int64_t& to) {
  auto* value = from.if_contains(name);
  constexpr std::int64_t far = 1'000'000'000'000;  // keeps `seconds * 1000` within 64 bits
  if (!value || !value->is_int64() || value->get_int64() < 0 || value->get_int64() > far)
    return false;
  to = value->get_int64();
  return true;
}

std::optional<jwt_claims> read_claims(std::string_view encoded) {
  auto bytes = base64url_decode(encoded);
  if (!bytes) return std::nullopt;
  boost::json::parse_options options;
  options.max_depth = 4;
  boost::system::error_code ec;
  auto value = boost::json::parse({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, ec,
                                  {}, options);
  if (ec || !value.is_object()) return std::nullopt;
  const auto& object = value.get_object();
  jwt_claims claims;
  bool whole = read_text(object, "iss", claims.iss) && read_text(object, "aud", claims.aud) &&
               read_text(object, "sub", claims.sub) && read_text(object, "sid", claims.sid) &&
               read_seconds(object, "iat", claims.iat) && read_seconds(object, "nbf", claims.nbf) &&
               read_seconds(object, "exp", claims.exp);
  if (!whole || !parse_uuid(claims.sub) || !parse_uuid(claims.sid)) return std::nullopt;
  if (object.contains("jti") && !read_text(object, "jti", claims.jti)) return std::nullopt;
  return claims;
}

error refused() { return {errc::unauthenticated, "The access token is not valid.", 0, {}}; }

}  // namespace

const verifying_key* key_set::find(std::string_view kid) const noexcept {
  auto at = std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.kid == kid; });
  return at == keys.end() ? nullptr : &*at;
}

signing_key make_signing_key(std::string kid, std::span<const std::uint8_t, 32> seed) {
  init_sodium();
  signing_key key;
  key.kid = std::move(kid);
  std::array<std::uint8_t, 32> ignored;
  crypto_sign_seed_keypair(ignored.data(), key.secret.data(), seed.data());
  return key;
}

verifying_key public_part(const signing_key& key) {
  verifying_key out{key.kid, {}};
  std::copy(key.secret.begin() + 32, key.secret.end(), out.public_key.begin());
  return out;
}

std::string sign_jwt(const jwt_claims& claims, const signing_key& key) {
  init_sodium();
  boost::json::object body{{"iss", claims.iss}, {"aud", claims.aud}, {"sub", claims.sub},
                           {"sid", claims.sid}, {"iat", claims.iat}, {"nbf", claims.nbf},
                           {"exp", claims.exp}};
  if (!claims.jti.empty()) body["jti"] = claims.jti;
  std::string token = base64url_encode(bytes_of(header_of(key.kid)));
  token += '.';
  token += base64url_encode(bytes_of(boost::json::serialize(body)));
  std::array<std::uint8_t, crypto_sign_BYTES> signature;
  crypto_sign_detached(signature.data(), nullptr, bytes_of(token).data(), token.size(),
                       key.secret.data());
  token += '.';
  token += base64url_encode(signature);
  return token;
}

result<jwt_claims> verify_jwt(std::string_view token, const key_set& keys, unix_ms now,
                              const jwt_policy& policy) {
  init_sodium();
  auto part = split(token);
  if (!part) return refused();
  auto kid = kid_of(part->header);
  const verifying_key* key = kid ? keys.find(*kid) : nullptr;
  auto signature = base64url_decode(part->signature);
  if (!key || !signature || signature->size() != crypto_sign_BYTES) return refused();
  if (crypto_sign_verify_detached(signature->data(), bytes_of(part->signed_text).data(),
                                  part->signed_text.size(), key->public_key.data()) != 0)
    return refused();
  auto claims = read_claims(part->claims);
  if (!claims || claims->iss != policy.iss || claims->aud != policy.aud) return refused();
  if (now < (claims->nbf - policy.leeway_s) * 1000) return refused();
  if (now >= (claims->exp + policy.leeway_s) * 1000)
    return make_error(errc::token_expired, "The access token has expired.");
  return std::move(*claims);
}

std::optional<std::string> jwt_key_id(std::string_view token) {
  auto part = split(token);
  return part ? kid_of(part->header) : std::nullopt;
}

std::string base64url_encode(std::span<const std::uint8_t> bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(), variant);
  out.pop_back();  // libsodium's terminator
  return out;
}

std::optional<std::vector<std::uint8_t>> base64url_decode(std::string_view text) {
  // libsodium 1.0.18 takes every byte above 0x7f for a character of the alphabet.
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x7f; }))
    return std::nullopt;
  std::vector<std::uint8_t> out(text.size() / 4 * 3 + 3);
  std::size_t size = 0;
  if (sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        variant) != 0)
    return std::nullopt;
  out.resize(size);
  return out;
}

}  // namespace nova
