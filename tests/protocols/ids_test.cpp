// Identifiers, times and the stable hash.
#include "protocols/core/ids.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace nova;

namespace {

class counting_random : public random_source {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0xf0;
};

}  // namespace

TEST_CASE("a UUIDv7 carries its time, version and variant, and the rest is the source's") {
  counting_random random;
  const auto id = make_uuid_v7(0x0123456789ab, random);
  CHECK(to_string(id) == "01234567-89ab-70f1-b2f3-f4f5f6f7f8f9");
}

TEST_CASE("UUIDv7s of later milliseconds sort behind earlier ones") {
  const auto early = make_uuid_v7(1'700'000'000'000, system_random());
  const auto late = make_uuid_v7(1'700'000'000'001, system_random());
  CHECK(early < late);
  CHECK(to_string(early) < to_string(late));
}

TEST_CASE("the system's random source does not repeat itself") {
  std::set<uuid> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(make_uuid_v7(0, system_random()));
  CHECK(seen.size() == 1000);
  CHECK(system_random().next_u64() != system_random().next_u64());
}

TEST_CASE("a UUID's text comes back as the same UUID, in either case") {
  const std::string text = "0190a1b2-c3d4-7e5f-8a9b-abcdef012345";
  REQUIRE(parse_uuid(text));
  CHECK(to_string(*parse_uuid(text)) == text);
  CHECK(parse_uuid("0190A1B2-C3D4-7E5F-8A9B-ABCDEF012345") == parse_uuid(text));
}

TEST_CASE("anything but the 36-character form is no UUID") {
  for (const char* text :
       {"", "0190a1b2c3d47e5f8a9babcdef012345", "{0190a1b2-c3d4-7e5f-8a9b-abcdef012345}",
        "0190a1b2-c3d4-7e5f-8a9b-abcdef01234", "0190a1b2-c3d4-7e5f-8a9b-abcdef0123456",
        "0190a1b2-c3d4-7e5f-8a9b-abcdef01234g", "0190a1b2xc3d4-7e5f-8a9b-abcdef012345",
        "0190a1b-2c3d4-7e5f-8a9b-abcdef012345", "-190a1b2-c3d4-7e5f-8a9b-abcdef012345"})
    CHECK_MESSAGE(!parse_uuid(text), text);
}

TEST_CASE("times are written as RFC 3339 in UTC with three digits of milliseconds") {
  CHECK(format_rfc3339(0) == "1970-01-01T00:00:00.000Z");
  CHECK(format_rfc3339(1'795'401'733'123) == "2026-11-23T02:42:13.123Z");
  CHECK(format_rfc3339(951'782'400'007) == "2000-02-29T00:00:00.007Z");
  CHECK(format_rfc3339(-1) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("times beyond four-digit years are written as the nearest that can be") {
  CHECK(format_rfc3339(INT64_MAX) == "9999-12-31T23:59:59.999Z");
  CHECK(format_rfc3339(INT64_MIN) == "0000-01-01T00:00:00.000Z");
}

TEST_CASE("what was written is read back") {
  for (unix_ms t : {unix_ms(0), unix_ms(-1), unix_ms(1'795'401'733'123),
                    unix_ms(253'402'300'799'999), unix_ms(-62'167'219'200'000)})
    CHECK(parse_rfc3339(format_rfc3339(t)) == t);
}

TEST_CASE("other spellings of RFC 3339 are read too") {
  const unix_ms t = 1'795'401'733'120;
  CHECK(parse_rfc3339("2026-11-23T02:42:13.12Z") == t);
  CHECK(parse_rfc3339("2026-11-23t02:42:13.120999z") == t);
  CHECK(parse_rfc3339("2026-11-23T04:12:13.12+01:30") == t);
  CHECK(parse_rfc3339("2026-11-22T21:42:13.120-05:00") == t);
  CHECK(parse_rfc3339("2026-11-23T02:42:13Z") == t - 120);
}

TEST_CASE("what is no time in RFC 3339 is refused") {
  for (const char* text :
       {"", "2026-11-23", "2026-11-23 02:42:13Z", "2026-11-23T02:42:13", "2026-13-23T02:42:13Z",
        "2026-02-29T02:42:13Z", "2026-11-00T02:42:13Z", "2026-11-23T24:00:00Z",
        "2026-11-23T02:60:00Z", "2026-11-23T02:42:60Z", "2026-11-23T02:42:13.Z",
        "2026-11-23T02:42:13.1234567890Z", "2026-11-23T02:42:13+0100", "2026-11-23T02:42:13+24:00",
        "2026-11-23T02:42:13Zx", "+026-11-23T02:42:13Z", "26-11-23T02:42:13Z"})
    CHECK_MESSAGE(!parse_rfc3339(text), text);
}

TEST_CASE("the stable hash never changes, because shards are assigned by it") {
  CHECK(stable_hash("") == 0x2d06800538d394c2);
  CHECK(stable_hash("nova") == stable_hash(std::string("nova")));
  CHECK(stable_hash("0190a1b2-c3d4-7e5f-8a9b-abcdef012345") == 11829496877959926536u);
}
