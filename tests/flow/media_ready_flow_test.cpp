// Media become ready, by the contract's §4: states, fields, variants and pushes; what is harmful or broken fails; bytes are removed.
#include "tests/flow/media_samples.hpp"
#include "tests/flow/world.hpp"

#include <sodium.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace nova::flow;
using namespace std::chrono_literals;

namespace {

// Short times, so that the end of bytes can be waited for.
const bool short_times = [] {
  ::setenv("NOVA_MEDIA__BLOB_GRACE_S", "1", 1);
  ::setenv("NOVA_AUTH__DELETION_GRACE_S", "1", 1);
  return true;
}();

bool soon(const std::function<bool()>& done, std::chrono::seconds within = 10s) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!done())
    if (std::chrono::steady_clock::now() > end) return false;
  return true;
}

std::string bytes_of(std::string_view base64) {
  std::string out(base64.size(), '\0');
  std::size_t size = 0;
  REQUIRE(sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), base64.data(),
                            base64.size(), nullptr, &size, nullptr,
                            sodium_base64_VARIANT_ORIGINAL) == 0);
  out.resize(size);
  return out;
}

http_reply act(const account& as, std::string method, std::string path, std::string body = {},
               std::string type = {}) {
  nova::client::http_request q{std::move(method), std::move(path), std::move(body)};
  q.bearer = as.access_token;
  q.content_type = std::move(type);
  return http().send(q);
}

object uploaded(const account& as, std::string bytes, const std::string& type) {
  const auto r = act(as, "POST", "/v1/media", std::move(bytes), type);
  INFO(r.status << " " << r.body);
  REQUIRE(r.status == 201);
  return r.json().as_object();
}
std::string id_of(const object& medium) { return text(medium, "media_id"); }
std::string content(const std::string& id) { return "/v1/media/" + id + "/content"; }

/// The medium once it is not in processing any more.
object settled(const account& as, const std::string& id) {
  object medium;
  CHECK(soon([&] {
    medium = http().get("/v1/media/" + id, as.access_token).json().as_object();
    return text(medium, "state") != "processing";
  }));
  return medium;
}

void check_failed(const object& medium) {
  CHECK(text(medium, "state") == "failed");
  REQUIRE(medium.contains("error"));
  CHECK(text(medium.at("error").as_object(), "code") == "unreadable_media");
  CHECK(medium.at("variants").as_object().empty());
}

void check_variant(const object& medium, const std::string& name, const std::string& type) {
  CAPTURE(name);
  const auto& variants = medium.at("variants").as_object();
  REQUIRE(variants.contains(name));
  const auto& v = variants.at(name).as_object();
  CHECK(number(v, "width") > 0);
  CHECK(number(v, "height") > 0);
  const auto got = http().get(text(v, "url"));
  CHECK(got.status == 200);
  CHECK(got.header("Content-Type") == type);
  CHECK(std::cmp_equal(got.body.size(), number(v, "size")));
}

std::string big(std::uint32_t n) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xff);
  return out;
}
std::string png_chunk(const std::string& type, const std::string& content) {
  std::uint32_t crc = 0xffffffff;
  for (const unsigned char c : type + content) {
    crc ^= c;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  return big(static_cast<std::uint32_t>(content.size())) + type + content + big(~crc);
}
/// `form`: bits of a colour, kind of colours.
std::string png_head(std::uint32_t side, const std::string& form) {
  return "\x89PNG\r\n\x1a\n" +
         png_chunk("IHDR", big(side) + big(side) + form + std::string(3, '\0'));
}

/// The head of a PNG that claims to be large, and no more.
std::string large_png(std::uint32_t side) {
  return png_head(side, std::string("\1\0", 2)) + png_chunk("IDAT", "");
}

constexpr std::string_view place = "+48.8584+002.2945/";

/// One pixel, and a place.
std::string placed_png() {
  const std::string pixel("\x08\xd7\x63\xf8\xcf\xc0\0\0\3\1\1\0", 12);
  return png_head(1, "\x8\2") +
         png_chunk("tEXt", std::string("Comment\0", 8) + std::string(place)) +
         png_chunk("IDAT", pixel) + png_chunk("IEND", "");
}
/// The camera's picture with a place.
std::string placed_jpeg() {
  const auto camera =
      std::string("Exif\0\0II*\0\x08\0\0\0\1\0\x0e\1\2\0\x13\0\0\0\x1a\0\0\0\0\0\0\0", 32) +
      std::string(place) + '\0';
  const auto picture = bytes_of(camera_jpeg);
  return "\xff\xd8\xff\xe1" + big(static_cast<std::uint32_t>(camera.size() + 2)).substr(2) +
         camera + picture.substr(picture.find("\xff\xe0"));
}
std::string placed_gif() {
  return "GIF89a" + std::string("\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff", 13) + "!\xfe" +
         static_cast<char>(place.size()) + std::string(place) +
         std::string("\0\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0;", 17);
}
std::string placed_webp() {
  const auto chunk = [](const std::string& type, const std::string& content) {
    auto size = big(static_cast<std::uint32_t>(content.size()));
    return type + std::string(size.rbegin(), size.rend()) + content +
           std::string(content.size() % 2, '\0');
  };
  const auto pixel =
      bytes_of("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=").substr(12);
  const auto camera = std::string("Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", 20) + std::string(place);
  return chunk("RIFF", "WEBP" + chunk("VP8X", '\x08' + std::string(9, '\0')) + pixel +
                           chunk("EXIF", camera));
}
/// The short film as a telephone has it.
std::string placed_mp4() {
  auto film = bytes_of(short_mp4);
  const auto at = film.find("udta") + 4, size = film.find("free", at) - 4 - at;
  auto words = std::string(place) + std::string(size - 8 - place.size(), ' ');
  return film.replace(at, size, big(static_cast<std::uint32_t>(size)) + "\xa9xyz" + words);
}

/// A GIF whose frames never end: each has one pixel, and all are shown on a large screen.
std::string endless_gif(int frames) {
  std::string out = "GIF89a" + std::string("\xd0\x07\xd0\x07\x80\0\0\0\0\0\xff\xff\xff", 13);
  const std::string frame("\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0", 15);
  for (int i = 0; i < frames; ++i) out += frame;
  return out + ';';
}

/// One second of silence, 8 kHz, 8 bits.
std::string silence_wav() {
  constexpr std::uint32_t rate = 8'000;
  const auto number = [](std::uint32_t x, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(x >> 8 * i & 0xff);
    return out;
  };
  return "RIFF" + number(36 + rate, 4) + "WAVEfmt " + number(16, 4) + number(1, 2) + number(1, 2) +
         number(rate, 4) + number(rate, 4) + number(1, 2) + number(8, 2) + "data" +
         number(rate, 4) + std::string(rate, '\x80');
}

/// Whether the upper half is red and the lower one blue: in the blurhash the first wave downwards says so.
bool red_above_blue(const std::string& hash) {
  constexpr std::string_view digits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
  const auto digit = [&](std::size_t at) { return digits.find(hash.at(at)); };
  const auto columns = digit(0) % 9 + 1;
  const auto at = 6 + 2 * (columns - 1);
  const auto wave = digit(at) * 83 + digit(at + 1);  // red, green, blue, from 0 to 18; 9 is none
  return wave / 361 > 9 && wave % 19 < 9;
}

/// A HEIF that claims to be large.
std::string large_heif(std::string bytes, std::uint32_t side) {
  const auto at = bytes.find("ispe");
  REQUIRE(at != bytes.npos);
  return bytes.replace(at + 8, 8, big(side) + big(side));
}

std::size_t blobs_on_disk() {
  std::size_t n = 0;
  std::error_code ec;
  for (const auto& f : std::filesystem::recursive_directory_iterator(the_world().blobs(), ec))
    n += f.path().filename().string().size() == 64 ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE(
    "a picture becomes ready upright and without its place, with variants; sockets are told") {
  const auto ann = person("ann");
  auto open = socket(ann);
  const auto sent = bytes_of(camera_jpeg);
  const auto first = uploaded(ann, sent, "image/jpeg");
  CHECK(text(first, "state") == "processing");
  const auto id = id_of(first);
  const auto push = open->push("media.ready", with("media_id", id), 10s);
  REQUIRE(push);
  CHECK(text(*push, "state") == "ready");
  const auto medium = settled(ann, id);
  CHECK(text(medium, "state") == "ready");
  CHECK(text(medium, "kind") == "image");
  CHECK(text(medium, "content_type") == "image/jpeg");
  CHECK_FALSE(medium.contains("error"));
  CHECK_FALSE(medium.contains("duration_ms"));
  CHECK(number(medium, "width") == 32);
  CHECK(number(medium, "height") == 64);
  CHECK(medium.at("blurhash").as_string().size() > 6);
  check_variant(medium, "320", "image/webp");
  check_variant(medium, "1280", "image/webp");
  check_variant(medium, "320_avif", "image/avif");
  check_variant(medium, "1280_avif", "image/avif");
  CHECK(http().get("/v1/media/" + id + "/variants/320").status == 404);
  CHECK(act(ann, "GET", "/v1/media/" + id + "/variants/320").status == 200);
  CHECK(act(ann, "GET", "/v1/media/" + id + "/variants/640").status == 404);
  const auto shown = http().get(text(medium, "url"));
  CHECK(shown.status == 200);
  CHECK(std::cmp_equal(shown.body.size(), number(medium, "size")));
  CHECK(sent.find("Exif") != std::string::npos);
  CHECK(shown.body.find("Exif") == std::string::npos);
}

TEST_CASE("no place leaves with a picture or a film, whose form and size stay") {
  const auto ann = person("ann"), ben = person("ben");
  struct row {
    std::string bytes, type, shown;
  };
  const row placed[] = {{placed_jpeg(), "image/jpeg", "image/jpeg"},
                        {placed_png(), "image/png", "image/png"},
                        {placed_gif(), "image/gif", "image/gif"},
                        {placed_webp(), "image/webp", "image/webp"},
                        {bytes_of(turned_heic), "image/heic", "image/jpeg"},
                        {bytes_of(turned_avif), "image/avif", "image/jpeg"},
                        {bytes_of(noted_avif), "image/avif", "image/jpeg"},
                        {placed_mp4(), "video/mp4", "video/mp4"}};
  for (const auto& [bytes, type, shown_type] : placed) {
    CAPTURE(type);
    REQUIRE(bytes.find(place) != bytes.npos);
    const auto id = id_of(uploaded(ann, bytes, type));
    REQUIRE(
        http()
            .post("/v1/posts", R"({"text":"look","media_ids":[")" + id + R"("]})", ann.access_token)
            .status == 201);
    object seen;
    CHECK(soon([&] {
      const auto early = http().get(content(id), ben.access_token);
      CHECK(early.body.find(place) == std::string::npos);
      const auto shown = http().get("/v1/media/" + id, ben.access_token);
      if (shown.status != 200) return false;
      seen = shown.json().as_object();
      return text(seen, "state") == "ready";
    }));
    for (const auto* who : {&ann, &ben}) {
      const auto got = http().get(content(id), who->access_token);
      CHECK(got.status == 200);
      CHECK(got.header("Content-Type") == shown_type);
      CHECK(got.body.find(place) == std::string::npos);
      CHECK(std::cmp_equal(got.body.size(), number(seen, "size")));
      if (type == "video/mp4") CHECK(got.body.size() == bytes.size());
    }
    const auto& variants = seen.at("variants").as_object();
    CHECK_FALSE(variants.empty());
    for (const auto& [name, variant] : variants) {
      const auto got = http().get(text(variant.as_object(), "url"));
      CHECK(got.status == 200);
      CHECK(got.body.find(place) == std::string::npos);
      CHECK(got.body.find("Exif") == std::string::npos);
    }
  }
}

TEST_CASE("HEIC and AVIF are shown upright, without the place, in forms that all browsers read") {
  const auto ann = person("ann");
  const std::pair<std::string_view, const char*> rows[] = {{turned_heic, "image/heic"},
                                                           {turned_avif, "image/avif"}};
  for (const auto& [sample, type] : rows) {
    CAPTURE(type);
    const auto medium = settled(ann, id_of(uploaded(ann, bytes_of(sample), type)));
    CHECK(text(medium, "state") == "ready");
    CHECK(text(medium, "kind") == "image");
    CHECK(text(medium, "content_type") == "image/jpeg");
    CHECK(number(medium, "width") == 32);
    CHECK(number(medium, "height") == 64);
    CHECK(red_above_blue(text(medium, "blurhash")));
    const auto& variant = medium.at("variants").at("320").as_object();
    CHECK(number(variant, "width") == 32);
    CHECK(number(variant, "height") == 64);
    const auto shown = http().get(text(medium, "url"));
    CHECK(shown.header("Content-Type") == "image/jpeg");
    CHECK(shown.body.find(place) == std::string::npos);
    CHECK(shown.body.find("Exif") == std::string::npos);
  }
}

TEST_CASE("a bomb, an endless animation and a truncated picture fail; the next picture is ready") {
  const auto ann = person("ann");
  auto open = socket(ann);
  const auto whole = bytes_of(camera_jpeg), heic = bytes_of(turned_heic),
             avif = bytes_of(turned_avif);
  const std::pair<std::string, std::string> harm[] = {
      {heic.substr(0, heic.size() * 3 / 4), "image/heic"},
      {heic.substr(0, heic.size() / 2), "image/heic"},
      {avif.substr(0, avif.find("mdat") + 30), "image/avif"},
      {large_heif(heic, 60'000), "image/heic"},
      {large_png(60'000), "image/png"},
      {endless_gif(100'000), "image/gif"},
      {whole.substr(0, 300), "image/jpeg"},
      {"\x89PNG\r\n\x1a\n" + std::string(400, 'x'), "image/png"},
      {large_png(8), "image/png"}};
  for (const auto& [bytes, type] : harm) {
    CAPTURE(type);
    const auto id = id_of(uploaded(ann, bytes, type));
    const auto push = open->push("media.ready", with("media_id", id), 10s);
    REQUIRE(push);
    CHECK(text(*push, "state") == "failed");
    check_failed(settled(ann, id));
  }
  CHECK(text(settled(ann, id_of(uploaded(ann, whole, "image/jpeg"))), "state") == "ready");
}

TEST_CASE(
    "a video has size, length and poster; a sound has its length; noise that claims to be sound "
    "fails") {
  const auto ann = person("ann");
  const auto film = settled(ann, id_of(uploaded(ann, bytes_of(short_mp4), "video/mp4")));
  CHECK(text(film, "state") == "ready");
  CHECK(text(film, "kind") == "video");
  CHECK(number(film, "width") == 64);
  CHECK(number(film, "height") == 32);
  CHECK(number(film, "duration_ms") >= 1'000);
  CHECK(number(film, "duration_ms") < 1'200);
  check_variant(film, "poster", "image/webp");
  const auto sound = settled(ann, id_of(uploaded(ann, silence_wav(), "audio/wav")));
  CHECK(text(sound, "state") == "ready");
  CHECK(text(sound, "kind") == "audio");
  CHECK(number(sound, "duration_ms") == 1'000);
  CHECK_FALSE(sound.contains("width"));
  auto broken = bytes_of(short_mp4).substr(0, 40) + std::string(2'000, 'x');
  check_failed(settled(ann, id_of(uploaded(ann, broken, "video/mp4"))));
}

TEST_CASE(
    "a picture in a post is there while it is made ready, and only its owner reads it till then") {
  const auto ann = person("ann"), ben = person("ben");
  const auto id = id_of(uploaded(ann, bytes_of(camera_jpeg), "image/jpeg"));
  const auto post = http().post("/v1/posts", R"({"text":"look","media_ids":[")" + id + R"("]})",
                                ann.access_token);
  REQUIRE(post.status == 201);
  CHECK(text(post.json().at("media").at(0).as_object(), "media_id") == id);
  const auto path = "/v1/posts/" + text(post.json().as_object(), "post_id");
  settled(ann, id);
  CHECK(soon([&] { return http().get(content(id), ben.access_token).status == 200; }));
  const auto shown = http().get(path, ben.access_token).json().at("media").at(0).as_object();
  CHECK(text(shown, "state") == "ready");
  CHECK(http().get(text(shown, "url")).status == 200);
  check_variant(shown, "320", "image/webp");
}

TEST_CASE(
    "the bytes of a deleted medium leave the disk with its variants; the same bytes of another "
    "stay") {
  const auto ann = person("ann"), ben = person("ben");
  const auto before = blobs_on_disk();
  const auto sent = "only here " + ann.id;
  const auto mine = id_of(uploaded(ann, sent, "text/plain")),
             same = id_of(uploaded(ben, sent, "text/plain"));
  CHECK(blobs_on_disk() == before + 1);
  CHECK(act(ann, "DELETE", "/v1/media/" + mine).status == 204);
  auto film = bytes_of(short_mp4);
  film += std::string(
              "\0\0\0\x10"
              "free",
              8) +
          ann.id.substr(0, 8);  // no other test's bytes
  const auto other = id_of(uploaded(ann, film, "video/mp4"));
  settled(ann, other);
  CHECK(act(ann, "DELETE", "/v1/media/" + other).status == 204);
  CHECK(soon([&] { return http().get(content(same), ben.access_token).body == sent; }));
  CHECK(act(ben, "DELETE", "/v1/media/" + same).status == 204);
  CHECK(soon([&] { return blobs_on_disk() <= before; }, 20s));
}

TEST_CASE("the bytes of an account leave the disk with it") {
  const auto ann = person("ann");
  const auto before = blobs_on_disk();
  uploaded(ann, "hers " + ann.id, "text/plain");
  REQUIRE(blobs_on_disk() == before + 1);
  const auto r =
      act(ann, "DELETE", "/v1/account", R"({"password":)" + nova::flow::quoted(ann.password) + "}",
          "application/json");
  REQUIRE(r.status == 202);
  CHECK(soon([&] { return blobs_on_disk() <= before; }, 20s));
}
