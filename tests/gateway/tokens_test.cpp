// Access and resume tokens: what is signed verifies, and everything else is refused.
#include "gateway/access/tokens.hpp"
#include "gateway/access/resume_tokens.hpp"
#include "protocols/core/jwt.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>
#include <ctime>

using namespace nova;

namespace {

constexpr unix_ms now = 1'800'000'000'000;
const std::string account = "0190a000-0000-7000-8000-000000000001";
const std::string sid = "0190a000-0000-7000-8000-000000000002";

signing_key key(std::uint8_t first = 1, std::string kid = "k1") {
  std::array<std::uint8_t, 32> seed{};
  seed[0] = first;
  return make_signing_key(std::move(kid), seed);
}

key_set known() { return {{public_part(key())}}; }

jwt_claims claims() {
  return {"nova", "nova", account, sid, now / 1000, now / 1000, now / 1000 + 900, {}};
}

std::string encoded(std::string_view text) {
  return base64url_encode({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// A token with any header and claims, rightly signed.
std::string signed_with(const std::string& header, const std::string& body,
                        const signing_key& k = key()) {
  auto token = encoded(header) + '.' + encoded(body);
  std::array<std::uint8_t, 64> signature;
  crypto_sign_detached(signature.data(), nullptr,
                       reinterpret_cast<const std::uint8_t*>(token.data()), token.size(),
                       k.secret.data());
  return token + '.' + base64url_encode(signature);
}

const std::string good_header = R"({"alg":"EdDSA","kid":"k1","typ":"at+jwt"})";

std::string good_body(const std::string& change_from = {}, const std::string& to = {}) {
  std::string body = R"({"iss":"nova","aud":"nova","sub":")" + account + R"(","sid":")" + sid +
                     R"(","iat":1800000000,"nbf":1800000000,"exp":1800000900})";
  if (auto at = body.find(change_from); !change_from.empty() && at != body.npos)
    body.replace(at, change_from.size(), to);
  return body;
}

errc outcome(std::string_view token, unix_ms at = now) {
  auto r = verify_jwt(token, known(), at);
  return r ? errc{} : r.error().code;
}

}  // namespace

TEST_CASE("what is signed verifies, with its claims") {
  auto c = claims();
  c.jti = "j";
  auto r = verify_jwt(sign_jwt(c, key()), known(), now);
  REQUIRE(r.has_value());
  CHECK(r->sub == account);
  CHECK(r->sid == sid);
  CHECK(r->exp == c.exp);
  CHECK(r->jti == "j");
  CHECK(jwt_key_id(sign_jwt(c, key())) == "k1");
  CHECK(outcome(signed_with(good_header, good_body())) == errc{});
}

TEST_CASE("row 17: time: expiry, not yet, leeway of five seconds") {
  auto token = sign_jwt(claims(), key());
  CHECK(outcome(token, now + 904'999) == errc{});
  CHECK(outcome(token, now + 905'000) == errc::token_expired);
  CHECK(outcome(token, now - 5'000) == errc{});
  CHECK(outcome(token, now - 5'001) == errc::unauthenticated);
  CHECK(outcome(token, now + 961'000) == errc::token_expired);
  CHECK(outcome(token, now - 61'000) == errc::unauthenticated);
}

TEST_CASE("row 16: other algorithms and header names are refused, rightly signed or not") {
  for (const char* header :
       {R"({"alg":"none","kid":"k1","typ":"at+jwt"})",
        R"({"alg":"None","kid":"k1","typ":"at+jwt"})",
        R"({"alg":"","kid":"k1","typ":"at+jwt"})",
        R"({"alg":"HS256","kid":"k1","typ":"at+jwt"})",
        R"({"alg":"RS256","kid":"k1","typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":"k1","typ":"JWT"})",
        R"({"alg":"EdDSA","kid":"k1"})",
        R"({"alg":"EdDSA","typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":"../../etc/passwd","typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":"' OR 1=1","typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":"http://evil/","typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":"unknown","typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":"k1","typ":"at+jwt","crit":["x"]})",
        R"({"alg":"EdDSA","kid":"k1","jku":"http://evil/","typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":"k1","x5u":"http://evil/","typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":"k1","jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"},"typ":"at+jwt"})",
        R"({"alg":"eddsa","kid":"k1","typ":"at+jwt"})",
        R"({"alg":"ES256","kid":"k1","typ":"at+jwt"})",
        R"({"kid":"k1","typ":"at+jwt"})",
        R"({"alg":null,"kid":"k1","typ":"at+jwt"})",
        R"({"alg":"EdDSA","alg":"none","kid":"k1","typ":"at+jwt"})",
        "{}",
        "",
        "[]"}) {
    CAPTURE(header);
    CHECK(outcome(signed_with(header, good_body())) == errc::unauthenticated);
  }
  auto plain = encoded(R"({"alg":"none","kid":"k1","typ":"at+jwt"})") + '.' + encoded(good_body());
  CHECK(outcome(plain + '.') == errc::unauthenticated);
  CHECK(outcome(plain) == errc::unauthenticated);
}

TEST_CASE("row 16: HS256 with the public key as secret is refused") {
  auto text = encoded(R"({"alg":"HS256","kid":"k1","typ":"at+jwt"})") + '.' + encoded(good_body());
  auto secret = public_part(key()).public_key;
  std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES> mac;
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, secret.data(), secret.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const std::uint8_t*>(text.data()),
                                text.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  CHECK(outcome(text + '.' + base64url_encode(mac)) == errc::unauthenticated);
}

TEST_CASE("row 17: claims of others, of other kinds, or absent are refused") {
  const std::pair<const char*, const char*> changes[] = {
      {R"("iss":"nova")", R"("iss":"other")"},
      {R"("aud":"nova")", R"("aud":"other")"},
      {R"("aud":"nova")", R"("aud":["nova"])"},
      {R"("sub":")", R"("sub":"x)"},
      {R"(,"exp":1800000900)", ""},
      {R"("exp":1800000900)", R"("exp":"1800000900")"},
      {R"("exp":1800000900)", R"("exp":1e300)"},
      {R"("exp":1800000900)", R"("exp":-1)"},
      {R"("nbf":1800000000)", R"("nbf":1800000061)"},
      {R"("sid":)", R"("other":)"}};
  for (auto [from, to] : changes) {
    CAPTURE(to);
    CHECK(outcome(signed_with(good_header, good_body(from, to))) == errc::unauthenticated);
  }
  CHECK(outcome(signed_with(good_header, std::string(1000, '[') + std::string(1000, ']'))) ==
        errc::unauthenticated);
  CHECK(outcome(signed_with(good_header, "not json")) == errc::unauthenticated);
}

TEST_CASE("row 17: a token of any size and depth costs less than a millisecond of CPU") {
  auto cpu_us = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1'000'000 + t.tv_nsec / 1000;
  };
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  const std::string mebibyte(1 << 20, 'a');
  for (const std::string& token :
       {mebibyte, mebibyte + '.' + mebibyte + '.' + mebibyte, std::string(1 << 20, '.'),
        signed_with(good_header, deep), signed_with(deep, good_body()),
        signed_with(good_header, "{\"iss\":" + deep + '}'), signed_with(good_header, mebibyte),
        std::string(max_jwt_bytes, 'a'),
        encoded(good_header) + '.' + std::string(3000, 'A') + ".x"}) {
    constexpr int times = 20;
    auto began = cpu_us();
    for (int i = 0; i < times; ++i) CHECK(outcome(token) == errc::unauthenticated);
    CHECK((cpu_us() - began) / times < 1000 * test::slowdown);
  }
}

TEST_CASE("row 17: every changed byte and every cut is refused") {
  auto token = sign_jwt(claims(), key());
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK(outcome(changed) == errc::unauthenticated);
    CHECK(outcome(token.substr(0, i)) == errc::unauthenticated);
  }
  CHECK(outcome(token + '=') == errc::unauthenticated);
  CHECK(outcome(token + ".a") == errc::unauthenticated);
  CHECK(outcome(std::string(1 << 20, 'a')) == errc::unauthenticated);
  CHECK(outcome(sign_jwt(claims(), key(2))) == errc::unauthenticated);  // another key, same kid
}

TEST_CASE("base64url has one spelling") {
  CHECK(base64url_encode(std::array<std::uint8_t, 2>{0xfb, 0xff}) == "-_8");
  CHECK(base64url_decode("-_8").has_value());
  for (auto text : {"-_8=", "-_9", "+/8", "-_8\n", " -_8", "a", "a\xe2zb", "\xff_8"})
    CHECK_FALSE(base64url_decode(text));
}

TEST_CASE("resume tokens: made, read, and nothing else") {
  gateway::resume_tokens tokens(std::string(32, 's')), other(std::string(32, 't'));
  gateway::resume_claims c{*parse_uuid(account), *parse_uuid(sid), *parse_uuid(account), now + 1};
  auto token = tokens.make(c);
  auto read = tokens.read(token, now);
  REQUIRE(read.has_value());
  CHECK(read->account == c.account);
  CHECK(read->session == c.session);
  CHECK(read->lineage == c.lineage);
  CHECK_FALSE(tokens.read(token, now + 1));
  CHECK_FALSE(other.read(token, now));
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(tokens.read(changed, now));
  }
  CHECK_FALSE(tokens.read("", now));
  CHECK_FALSE(tokens.read(std::string(100'000, 'A'), now));
}

TEST_CASE("of revoked sessions those that end first are forgotten first") {
  config::gateway_settings settings;
  settings.max_revocations = 2;
  auto access = std::make_shared<gateway::tokens>(settings, system_wall_clock());
  auto id = [](std::uint64_t n) { return make_uuid_v7(static_cast<unix_ms>(n), system_random()); };
  auto a = id(1), b = id(2), c = id(3);
  auto t = system_wall_clock().now();
  access->revoke(a, t + 10'000);
  access->revoke(b, t + 50'000);
  access->revoke(c, t + 20'000);
  CHECK_FALSE(access->revoked(a));
  CHECK(access->revoked(b));
  CHECK(access->revoked(c));
  access->revoke(b, t - 1);  // an older date does not shorten it
  CHECK(access->revoked(b));
}
