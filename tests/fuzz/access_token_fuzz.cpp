// Access tokens: nothing but what was signed is accepted, and that with the claims that were signed. Input: how to spoil the
// token, the claims' times, then text: a whole token of its own, and the claims' texts.
#include "protocols/core/jwt.hpp"
#include "tests/fuzz/claim.hpp"

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>

namespace {

using namespace nova;
using fuzz::claim;

const signing_key& key() {
  static const signing_key made = make_signing_key("key-1", std::array<std::uint8_t, 32>{7});
  return made;
}

constexpr std::int64_t now_s = 1'800'000'000;

void claim_genuine(const std::string& token, const jwt_claims& said, const key_set& keys) {
  jwt_policy policy;
  auto read = verify_jwt(token, keys, now_s * 1000, policy);
  bool fits = token.size() <= max_jwt_bytes && said.iss == policy.iss && said.aud == policy.aud;
  auto in_range = [](std::int64_t t) { return t >= 0 && t <= 1'000'000'000'000; };
  fits = fits && in_range(said.iat) && in_range(said.nbf) && in_range(said.exp);
  bool early = fits && now_s < said.nbf - policy.leeway_s;
  bool late = fits && !early && now_s >= said.exp + policy.leeway_s;
  claim(read.has_value() == (fits && !early && !late), "accepted exactly while it is valid", token);
  if (late) claim(read.error().code == errc::token_expired, "too late is token_expired");
  if (!read) return;
  claim(read->sub == said.sub && read->sid == said.sid && read->jti == said.jti &&
            read->exp == said.exp && read->nbf == said.nbf && read->iat == said.iat,
        "the claims that were signed");
  claim(jwt_key_id(token) == key().kid, "the key that signed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  static const key_set keys{{public_part(key())}};
  auto at = in.ConsumeIntegral<std::uint16_t>();
  auto flip = in.ConsumeIntegralInRange<std::uint8_t>(1, 255);
  jwt_claims said{"nova",
                  "nova",
                  "019336f0-0000-7000-8000-000000000001",
                  "019336f0-0000-7000-8000-000000000002",
                  0,
                  0,
                  0,
                  {}};
  auto odd = in.ConsumeIntegral<std::uint8_t>();
  auto time = [&] {
    return odd & 1 ? in.ConsumeIntegral<std::int64_t>() : now_s + in.ConsumeIntegral<std::int8_t>();
  };
  said.iat = time(), said.nbf = time(), said.exp = time();
  if (odd & 2) said.iss = "other";
  if (odd & 4) said.aud = in.ConsumeRandomLengthString(16);
  if (odd & 8) said.jti = "token-1";
  std::string forged = in.ConsumeRemainingBytesAsString();

  auto genuine = sign_jwt(said, key());
  if (!(odd & 4))
    claim_genuine(genuine, said, keys);  // other texts may be no UTF-8: then JSON cannot carry them

  auto spoilt = genuine;
  spoilt[at % spoilt.size()] ^= static_cast<char>(flip);
  claim(!verify_jwt(spoilt, keys, now_s * 1000), "one changed byte is refused", spoilt);
  claim(!verify_jwt(genuine.substr(0, at % genuine.size()), keys, now_s * 1000),
        "a cut token is refused");
  claim(!verify_jwt(genuine + std::string(1, static_cast<char>(flip)), keys, now_s * 1000),
        "a longer token is refused");
  claim(forged == genuine || !verify_jwt(forged, keys, now_s * 1000),
        "what was not signed is refused", forged);
  jwt_key_id(forged);
  return 0;
}
