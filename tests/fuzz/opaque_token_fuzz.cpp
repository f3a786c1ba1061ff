// Resume and refresh tokens: made and read again they say the same; spoilt, cut or invented they say nothing. Input: what the
// token says, how it is spoilt, then text of its own.
#include "actors/auth/refresh_tokens.hpp"
#include "gateway/access/resume_tokens.hpp"
#include "tests/fuzz/claim.hpp"

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>

namespace {

using namespace nova;
using fuzz::claim;

constexpr unix_ms now = 1'800'000'000'000;

uuid take_id(FuzzedDataProvider& in) {
  uuid id{};
  auto bytes = in.ConsumeBytes<std::uint8_t>(16);
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return id;
}

void claim_resume(FuzzedDataProvider& in, const std::string& forged, std::size_t at, char flip) {
  static const gateway::resume_tokens tokens(std::string(32, 'r')), others(std::string(32, 's'));
  gateway::resume_claims said{take_id(in), take_id(in), take_id(in), now};
  said.expires_at += in.ConsumeBool() ? in.ConsumeIntegralInRange<std::int64_t>(-2, 2)
                                      : in.ConsumeIntegralInRange<std::int64_t>(-now, now);
  auto token = tokens.make(said);
  auto read = tokens.read(token, now);
  claim(read.has_value() == (said.expires_at > now), "accepted until it expires");
  if (read)
    claim(read->account == said.account && read->session == said.session &&
              read->lineage == said.lineage && read->expires_at == said.expires_at,
          "a resume token says what it was made of");
  claim(!others.read(token, 0), "another installation's token is refused");
  auto spoilt = token;
  spoilt[at % spoilt.size()] ^= flip;
  claim(!tokens.read(spoilt, 0), "one changed byte is refused", spoilt);
  claim(!tokens.read(token.substr(0, at % token.size()), 0), "a cut token is refused");
  claim(forged == token || !tokens.read(forged, 0), "an invented token is refused", forged);
}

void claim_refresh(FuzzedDataProvider& in, const std::string& forged, std::size_t at, char flip) {
  static const auth::refresh_tokens tokens(auth::root_key{1}), others(auth::root_key{2});
  auth::session_row row;
  row.session_id = take_id(in);
  row.generation = in.ConsumeIntegral<std::uint32_t>();
  row.salt = std::string(auth::session_salt_bytes, 's');
  auto account = take_id(in);
  auto token = tokens.make(account, row);
  auto read = auth::parse_refresh_token(token);
  claim(read && read->account == account && read->session == row.session_id &&
            read->generation == row.generation,
        "a refresh token says what it was made of");
  claim(tokens.authentic(*read, row.salt), "Nova's own token is authentic");
  claim(!tokens.authentic(*read, std::string(auth::session_salt_bytes, 't')),
        "it belongs to one session row");
  claim(!others.authentic(*read, row.salt), "another installation's token is not authentic");
  auto spoilt = token;
  spoilt[at % spoilt.size()] ^= flip;
  auto claimed = auth::parse_refresh_token(spoilt);
  claim(!claimed || !tokens.authentic(*claimed, row.salt), "one changed byte is not authentic",
        spoilt);
  claim(!auth::parse_refresh_token(token.substr(0, at % token.size())), "a cut token is no token");
  if (auto invented = auth::parse_refresh_token(forged))
    claim(forged == token || !tokens.authentic(*invented, row.salt),
          "an invented token is not authentic", forged);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  auto at = in.ConsumeIntegral<std::uint16_t>();
  auto flip = static_cast<char>(in.ConsumeIntegralInRange<std::uint8_t>(1, 255));
  auto forged = in.ConsumeRandomLengthString(256);
  claim_resume(in, forged, at, flip);
  claim_refresh(in, forged, at, flip);
  return 0;
}
