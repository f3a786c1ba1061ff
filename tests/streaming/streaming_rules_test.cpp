// Rules of streaming: titles, keys, and what an encoder's playlist adds. Needs nothing.
#include "actors/streaming/streaming_rules.hpp"
#include "actors/streaming/viewer_state.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace nova;
using namespace nova::streaming;

namespace {

const uuid stream = *parse_uuid("0190b2b0-52fe-7cc5-8a2c-8f2f1a5b9d11");
const std::string head = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n";

std::map<std::string, upload_row> files(std::initializer_list<const char*> names) {
  std::map<std::string, upload_row> out;
  for (const char* name : names) out[name] = {name, std::string("blob of ") + name, 100, -1};
  return out;
}

playlist parsed(const std::string& text) { return parse_playlist(text).value(); }

std::vector<std::string> blobs(const progress& p) {
  std::vector<std::string> out;
  for (const auto& segment : p.added) out.push_back(segment.blob);
  return out;
}

}  // namespace

TEST_CASE("a stream has a visible title and begins in the future") {
  CreateStreamRequest q;
  q.set_title("  Tea  ");
  q.set_visibility("followers");
  const auto row = checked_stream(q, 1'000).value();
  CHECK(row.title == "Tea");
  CHECK(row.visible_to == visibility::followers);
  q.set_title("\xe2\x80\xae");
  q.set_scheduled_at(1'000);
  const auto bad = checked_stream(q, 1'000);
  REQUIRE(bad.has_error());
  CHECK(bad.error().fields.size() == 2);
}

TEST_CASE("a key opens its stream alone") {
  stream_row row;
  row.stream_id = stream;
  const auto key = make_key(stream, system_random());
  row.key_hash = hash_of_key(key);
  CHECK(is_key(row, key));
  CHECK_FALSE(is_key(row, key + "x"));
  CHECK_FALSE(is_key(row, make_key(stream, system_random())));
  CHECK_FALSE(is_key(row, ""));
  CHECK(key.starts_with("0190b2b052fe7cc58a2c8f2f1a5b9d11."));
}

TEST_CASE("names of files are plain, and of a kind that players know") {
  CHECK(checked_file("index.m3u8").value() == file_kind::playlist);
  for (const char* good : {"seg0.ts", "init.mp4", "a-1_2.M4S"})
    CHECK_MESSAGE(checked_file(good).value() == file_kind::segment, good);
  for (const char* bad : {"", ".ts", "a/b.ts", "..", "seg.exe", "seg", "a%20.ts", "\xc3\xa9.ts"})
    CHECK_MESSAGE(checked_file(bad).has_error(), bad);
  CHECK(checked_file(std::string(129, 'a') + ".ts").has_error());
}

TEST_CASE("a media playlist is read with its sequence, map and end") {
  const auto p = parsed(head +
                        "#EXT-X-MEDIA-SEQUENCE:7\r\n#EXT-X-MAP:URI=\"init.mp4\"\r\n"
                        "#EXTINF:1.001,\r\nhttp://x/y/seg7.m4s?z#w\r\n#EXT-X-DISCONTINUITY\n"
                        "#EXTINF:0.5,title\nseg8.m4s\n#EXT-X-ENDLIST\n");
  REQUIRE(p.segments.size() == 2);
  CHECK(p.segments[0].sequence == 7);
  CHECK(p.segments[0].file == "seg7.m4s");
  CHECK(p.segments[0].duration_ms == 1'001);
  CHECK(p.segments[0].init_file == "init.mp4");
  CHECK_FALSE(p.segments[0].discontinuous);
  CHECK(p.segments[1].discontinuous);
  CHECK(p.ended);
}

TEST_CASE("what is no media playlist is refused with its reason") {
  for (const std::string bad :
       {"", "hello", "#EXTM3U\nseg.ts\n", "#EXTM3U\n#EXTINF:x,\nseg.ts\n",
        "#EXTM3U\n#EXTINF:61,\nseg.ts\n", "#EXTM3U\n#EXTINF:-1,\nseg.ts\n",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n",
        "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n", "#EXTM3U\n#EXT-X-BYTERANGE:1@0\n",
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:-4\n"})
    CHECK_MESSAGE(parse_playlist(bad).has_error(), bad);
  std::string long_one = "#EXTM3U\n";
  for (std::size_t i = 0; i <= max_playlist_segments; ++i) long_one += "#EXTINF:1,\ns.ts\n";
  CHECK(parse_playlist(long_one).has_error());
}

TEST_CASE("segments are taken once, in order, when their files have come") {
  stream_row row;
  const auto p = parsed(head + "#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\ns0.ts\n#EXTINF:1,\ns1.ts\n");
  auto first = new_segments(row, p, files({"s0.ts"}), 5);
  CHECK(blobs(first) == std::vector<std::string>{"blob of s0.ts"});
  CHECK_FALSE(first.added[0].discontinuous);
  CHECK(first.sequence == 0);
  row.sequence = 0;
  row.next_number = 1;
  auto second = new_segments(row, p, files({"s0.ts", "s1.ts"}), 6);
  CHECK(blobs(second) == std::vector<std::string>{"blob of s1.ts"});
  CHECK(second.added[0].number == 1);
  CHECK_FALSE(second.added[0].discontinuous);
}

TEST_CASE("a missing file is left out, and players are told of the break") {
  stream_row row;
  row.next_number = 4;
  row.sequence = 3;
  const auto p = parsed(head + "#EXT-X-MEDIA-SEQUENCE:4\n#EXTINF:1,\ns4.ts\n#EXTINF:1,\ns5.ts\n");
  const auto got = new_segments(row, p, files({"s5.ts"}), 6);
  REQUIRE(got.added.size() == 1);
  CHECK(got.added[0].discontinuous);
  CHECK(got.sequence == 5);
}

TEST_CASE("an encoder that comes back goes on behind what players have") {
  stream_row row;
  row.next_number = 9;
  row.sequence = -1;
  const auto p = parsed(head + "#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:1,\ns0.m4s\n");
  CHECK(new_segments(row, p, files({"s0.m4s"}), 6).added.empty());
  const auto got = new_segments(row, p, files({"s0.m4s", "init.mp4"}), 6);
  REQUIRE(got.added.size() == 1);
  CHECK(got.added[0].number == 9);
  CHECK(got.added[0].discontinuous);
  CHECK(got.added[0].init_blob == "blob of init.mp4");
}

TEST_CASE("cursors are those that were given out") {
  const std::string good = cursor_of({5, stream});
  CHECK(place_of(&good)->id == stream);
  for (const std::string& bad : std::vector<std::string>{"", "5", "5.x", "-1." + to_string(stream)})
    CHECK_MESSAGE(place_of(&bad).has_error(), bad);
}

TEST_CASE(
    "an address counts once, whichever gateways tell of it, and 15 s after the last of them") {
  viewer_count viewers;
  const unix_ms now = 1'700'000'000'500;
  const std::vector<std::uint64_t> east{1, 2, 3}, west{2, 3, 4, 4};
  CHECK(viewers.with(west, now) == 3);
  viewers.add(east, now);
  CHECK(viewers.with(west, now) == 4);
  viewers.add(west, now + 1'000);
  CHECK(viewers.at(now + 1'000) == 4);
  CHECK(viewers.at(now + viewer_count::lives_ms) == 3);  // the first address was told only once
  viewers.add(east, now + 14'000);
  CHECK(viewers.at(now + 16'000) == 3);
  CHECK(viewers.at(now + 14'000 + viewer_count::lives_ms) == 0);
}

TEST_CASE("addresses of a stream are limited, and old ones make place") {
  viewer_count viewers;
  const unix_ms now = 1'700'000'000'000;
  std::vector<std::uint64_t> many(viewer_count::most + 10);
  std::iota(many.begin(), many.end(), 1u);
  CHECK(viewers.with(many, now) == static_cast<std::int64_t>(viewer_count::most));
  viewers.add(many, now);
  CHECK(viewers.at(now) == static_cast<std::int64_t>(viewer_count::most));
  const std::vector<std::uint64_t> late{many.size() + 1};
  viewers.add(late, now + viewer_count::lives_ms);
  CHECK(viewers.at(now + viewer_count::lives_ms) == 1);
  CHECK(viewers.size() == 1);
}
