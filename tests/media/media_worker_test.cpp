// The worker's way with hidden data of pictures and films, without a server; and what becomes of a medium when the machine is at fault.
#include "actors/media/worker/film_boxes.hpp"
#include "actors/media/worker/hidden_data.hpp"
#include "actors/media/works/film_copy.hpp"
#include "actors/media/works/waveform.hpp"
#include "actors/media/works/workshop.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

using namespace nova::media;
using namespace std::string_literals;

namespace {

constexpr std::string_view secret = "+48.8584+002.2945/";
const std::string hidden(secret);

std::string big(std::size_t n, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(n >> shift);
  return out;
}
std::string little(std::size_t n, int bytes) {
  auto out = big(n, bytes);
  return {out.rbegin(), out.rend()};
}

std::string segment(int marker, const std::string& content) {
  return '\xff' + std::string(1, static_cast<char>(marker)) + big(content.size() + 2, 2) + content;
}
/// Head, tables, one scan with stuffed and restart bytes, end.
std::string jpeg(const std::string& parts, const std::string& behind = {}) {
  return "\xff\xd8" + segment(0xe0, "JFIF\0\1\2\0\0\1\0\1\0\0"s) + parts + segment(0xdb, "table") +
         segment(0xda, "scan") + "bits\xff\0bits\xff\xd0"s + "bits\xff\xd9"s + behind;
}

std::string chunk(const std::string& type, const std::string& content) {
  return big(content.size(), 4) + type + content + "crc4";
}
std::string png(const std::string& parts, const std::string& behind = {}) {
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", "head") + chunk("iCCP", "colours") + parts +
         chunk("IDAT", "bits") + chunk("IEND", "") + behind;
}

std::string pieces(const std::string& content) {
  return static_cast<char>(content.size()) + content + '\0';
}
std::string gif(const std::string& parts, const std::string& behind = {}) {
  return "GIF89a" + "\1\0\1\0\x80\0\0"s + "colour" + "!\xff\x0bNETSCAPE2.0"s + pieces("loop") +
         parts + ",\0\0\0\0\1\0\1\0\0\2"s + pieces("bits") + ";" + behind;
}

std::string riff(const std::string& type, const std::string& content) {
  return type + little(content.size(), 4) + content + std::string(content.size() % 2, '\0');
}
std::string webp(char flags, const std::string& parts, const std::string& frame = {}) {
  const std::string head(16, 'f');
  return riff("RIFF", "WEBP" + riff("VP8X", flags + std::string(9, '\1')) + riff("ANIM", "loop") +
                          riff("ANMF", head + riff("VP8L", "bit") + frame) + parts);
}

std::string box(const std::string& type, const std::string& content) {
  return big(content.size() + 8, 4) + type + content;
}
std::string track(const std::string& handler, std::size_t offset, std::size_t bytes,
                  const std::string& more = {}) {
  const auto table = [](const std::string& type, const std::string& rows) {
    return box(type, std::string(4, '\0') + rows);
  };
  const auto tables =
      box("stbl", table("stsd", big(0, 4)) +
                      table("stsc", big(1, 4) + big(1, 4) + big(2, 4) + big(1, 4)) +
                      table("stsz", big(0, 4) + big(2, 4) + big(bytes - 1, 4) + big(1, 4)) +
                      table("stco", big(1, 4) + big(offset, 4)));
  return box("trak", box("tkhd", std::string(84, '\0')) +
                         box("mdia", box("mdhd", std::string(24, '\0')) +
                                         box("hdlr", std::string(8, '\0') + handler +
                                                         std::string(12, '\0')) +
                                         box("minf", tables)) +
                         more);
}
std::string meta(const std::string& handler, const std::string& items) {
  return box("meta", std::string(4, '\0') +
                         box("hdlr", std::string(8, '\0') + handler + std::string(12, '\0')) +
                         items);
}

film_verdict judged(const std::string& film) {
  return find_hidden(static_cast<std::int64_t>(film.size()),
                     [&](std::int64_t at, char* to, std::size_t n) {
                       if (at < 0 || static_cast<std::size_t>(at) + n > film.size()) return false;
                       std::memcpy(to, film.data() + at, n);
                       return true;
                     });
}

std::string without(std::string film, const std::vector<hidden_range>& ranges) {
  // In two pieces: a range may lie across their border.
  const auto half = film.size() / 2;
  hide_ranges(film.data(), half, 0, ranges);
  hide_ranges(film.data() + half, film.size() - half, static_cast<std::int64_t>(half), ranges);
  return film;
}

/// A folder with programs that a test writes; the only one in PATH.
struct programs {
  programs() {
    std::filesystem::create_directories(folder);
    ::setenv("PATH", folder.c_str(), 1);
  }
  ~programs() {
    ::setenv("PATH", old.c_str(), 1);
    std::filesystem::remove_all(folder);
  }
  void add(const std::string& name, const std::string& lines) const {
    const auto path = folder + '/' + name;
    std::ofstream(path) << "#!/bin/sh\n" << lines << '\n';
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  const std::string old = std::getenv("PATH");
  const std::string folder =
      std::filesystem::temp_directory_path() / ("nova-programs-" + std::to_string(::getpid()));
};

}  // namespace

TEST_CASE("each form of hidden data leaves a picture's file, and the picture stays to the byte") {
  struct row {
    const char* what;
    const char* loader;
    std::string with, plain;
  };
  const auto exif = "Exif\0\0"s + hidden;
  const row rows[] = {
      {"JPEG, camera", "jpegload_buffer", jpeg(segment(0xe1, exif)), jpeg("")},
      {"JPEG, XMP", "jpegload", jpeg(segment(0xe1, "http://ns.adobe.com/xap/1.0/\0"s + hidden)),
       jpeg("")},
      {"JPEG, IPTC", "jpegload", jpeg(segment(0xed, "Photoshop 3.0\0"s + hidden)), jpeg("")},
      {"JPEG, comment", "jpegload", jpeg(segment(0xfe, hidden)), jpeg("")},
      {"JPEG, more pictures", "jpegload", jpeg(segment(0xe2, "MPF\0"s + hidden)), jpeg("")},
      {"JPEG, small copy", "jpegload", jpeg(segment(0xe0, "JFXX\0\x10"s + hidden)), jpeg("")},
      {"JPEG, appended", "jpegload", jpeg("", "ftypmp42" + hidden), jpeg("")},
      {"JPEG, colours stay", "jpegload",
       jpeg(segment(0xe2, "ICC_PROFILE\0\1\1"s) + segment(0xee, "Adobe") + segment(0xfe, hidden)),
       jpeg(segment(0xe2, "ICC_PROFILE\0\1\1"s) + segment(0xee, "Adobe"))},
      {"PNG, camera", "pngload", png(chunk("eXIf", hidden)), png("")},
      {"PNG, texts", "pngload",
       png(chunk("tEXt", hidden) + chunk("zTXt", hidden) + chunk("iTXt", hidden)), png("")},
      {"PNG, time and private", "pngload", png(chunk("tIME", "1234567") + chunk("prVt", hidden)),
       png("")},
      {"PNG, appended", "pngload", png("", hidden), png("")},
      {"GIF, comment", "gifload", gif("!\xfe"s + pieces(hidden)), gif("")},
      {"GIF, XMP", "gifload", gif("!\xff\x0bXMP DataXMP"s + pieces(hidden)), gif("")},
      {"GIF, appended", "gifload", gif("", hidden), gif("")},
      {"WebP, camera", "webpload", webp(0x0a, riff("EXIF", hidden)), webp(2, "")},
      {"WebP, XMP", "webpload", webp(0x06, riff("XMP ", hidden)), webp(2, "")},
      {"WebP, private, in a frame too", "webpload",
       webp(2, riff("abcd", hidden), riff("efgh", hidden)), webp(2, "")},
      {"WebP, appended", "webpload", webp(2, "") + hidden, webp(2, "")},
  };
  for (const auto& r : rows) {
    CAPTURE(r.what);
    CHECK(without_hidden_data(r.with, r.loader) == r.plain);
    CHECK(without_hidden_data(r.plain, r.loader) == r.plain);
    for (std::size_t n = 0; n < r.with.size(); ++n)
      (void)without_hidden_data(std::string(r.with, 0, n), r.loader);
  }
  CHECK_FALSE(without_hidden_data("BM", "magickload"));
}

TEST_CASE("an AVIF is kept when all its items, references and tracks draw the picture") {
  const auto whole = [](const std::string& words) { return std::string(4, '\0') + words; };
  const auto item = [](std::size_t id, const std::string& type) {
    return box("infe", "\2\0\0\0"s + big(id, 2) + big(0, 2) + type + '\0');
  };
  const auto reference = [](const std::string& type, std::size_t from, std::size_t to) {
    return box(type, big(from, 2) + big(1, 2) + big(to, 2));
  };
  const auto file = [&](const std::vector<std::string>& items, const std::string& references,
                        const std::string& more = {}) {
    std::string entries;
    for (const auto& entry : items) entries += entry;
    return box("ftyp", "avif") +
           box("meta", whole(box("hdlr", whole("\0\0\0\0pict"s)) + box("pitm", whole(big(1, 2))) +
                             box("iinf", whole(big(items.size(), 2) + entries)) +
                             box("iref", whole(references)) + more)) +
           box("mdat", "bits");
  };
  const auto moov = [&](const std::string& handler, const std::string& more) {
    return box("moov", box("trak", box("mdia", box("hdlr", whole("\0\0\0\0"s + handler)) + more)));
  };
  const auto plain = file({item(1, "av01")}, "");
  const auto tiles = file({item(1, "grid"), item(2, "av01"), item(3, "av01")},
                          reference("dimg", 1, 2) + reference("auxl", 3, 1));
  for (const auto& good : {plain, tiles, plain + moov("pict", "")}) {
    CHECK(without_hidden_data(good, "heifload") == good);
    for (std::size_t n = 0; n < good.size(); ++n) {
      const auto cut = std::string_view(good).substr(0, n);
      const auto left = without_hidden_data(cut, "heifload");
      CHECK((!left || *left == cut));
    }
  }
  const std::pair<const char*, std::string> rows[] = {
      {"camera's data that nothing names", file({item(1, "av01"), item(2, "Exif")}, "")},
      {"a note", file({item(1, "av01"), item(2, "mime")}, "")},
      {"another picture", file({item(1, "av01"), item(2, "av01")}, "")},
      {"a small copy", file({item(1, "av01"), item(2, "av01")}, reference("thmb", 2, 1))},
      {"a box among the items", file({item(1, "av01")}, "", box("uuid", hidden))},
      {"a box behind the items", plain + box("uuid", hidden)},
      {"free space", plain + box("free", hidden)},
      {"appended", plain + hidden},
      {"words of an animation", plain + moov("pict", box("udta", hidden))},
      {"a track that is not seen", plain + moov("meta", "")},
      {"an old form of items", file({box("infe", whole(big(1, 2) + big(0, 2) + "av01"))}, "")},
  };
  for (const auto& [what, bytes] : rows) {
    CAPTURE(what);
    CHECK_FALSE(without_hidden_data(bytes, "heifload"));
  }
}

TEST_CASE("each form of hidden data is found in a film, and nothing else changes") {
  const auto bits = std::string(40, 'v') + hidden;  // the last bytes are of another track
  const auto head = box("ftyp", "isom") + box("mdat", bits);
  const auto at = box("ftyp", "isom").size() + 8;
  const auto film = [&](const std::string& moov, const std::string& behind = {}) {
    return head + box("moov", box("mvhd", std::string(100, '\0')) + track("vide", at, 40) + moov) +
           behind;
  };
  const auto words = box("udta", meta("mdir", box("ilst", box("\xa9too", "Lavf"))));
  const std::pair<const char*, std::string> rows[] = {
      {"QuickTime", film(box("udta", box("\xa9xyz", hidden) + big(0, 4)))},
      {"3GPP", film(box("udta", box("loci", hidden) + box("titl", "Holiday")))},
      {"keys of telephones", film(meta("mdta", box("keys", "location") + box("ilst", hidden)))},
      {"such keys in udta", film(box("udta", meta("mdta", box("ilst", hidden))))},
      {"of a track", film(track("soun", at, 10, meta("mdta", box("ilst", hidden))))},
      {"free words of music players",
       film(box("udta", meta("mdir", box("ilst", box("----", hidden) + box("\xa9nam", "Song")))))},
      {"cover with a place",
       film(box("udta", meta("mdir", box("ilst", box("covr", "Exif\0\0"s + hidden)))))},
      {"XMP", film("", box("uuid", std::string(16, 'x') + hidden))},
      {"at the top", film("", meta("mdta", hidden))},
      {"what an editor left", film("", box("free", hidden))},
      {"unknown", film(box("gps ", hidden))},
      {"track of a receiver", film(track("meta", at + 40, secret.size()))},
  };
  for (const auto& [what, bytes] : rows) {
    CAPTURE(what);
    const auto found = judged(bytes);
    CHECK(found.boxes);
    REQUIRE(found.whole);
    REQUIRE_FALSE(found.hidden.empty());
    const auto plain = without(bytes, found.hidden);
    CHECK(plain.size() == bytes.size());
    // The bits of the picture are those that they were; the place is in no other part.
    CHECK(plain.substr(0, at + 40) == bytes.substr(0, at + 40));
    const bool of_track = std::string_view(what) == "track of a receiver";
    CHECK(plain.find(secret, of_track ? 0 : head.size()) == plain.npos);
    const auto again = judged(plain);
    CHECK(again.whole);
    CHECK(again.hidden.empty());
    for (std::size_t n = 0; n < bytes.size(); ++n) (void)judged(bytes.substr(0, n));
  }
  CHECK(judged(film(words)).hidden.empty());
  CHECK(judged(film(box("udta", meta("mdir", box("ilst", box("covr", "JFIF")))))).hidden.empty());
  auto dated = film("");
  dated.replace(dated.find("mvhd") + 8, 4, "date");
  REQUIRE(judged(dated).hidden.size() == 1);
  CHECK(without(dated, judged(dated).hidden) == film(""));
}

TEST_CASE("subtitles stay, unless they tell where the camera was") {
  for (const auto& [text, goes] : {std::pair{"Hello, Paris "s, false}, {"GPS(2.29,48) "s, true}}) {
    const auto bytes = box("ftyp", "isom") + box("mdat", text) +
                       box("moov", track("sbtl", box("ftyp", "isom").size() + 8, text.size()));
    const auto found = judged(bytes);
    REQUIRE(found.whole);
    CHECK(found.hidden.empty() != goes);
    CHECK((without(bytes, found.hidden).find(text) == std::string::npos) == goes);
  }
}

TEST_CASE("a film that cannot be judged is said to be so") {
  CHECK_FALSE(judged("\x1a\x45\xdf\xa3 webm").boxes);
  CHECK_FALSE(judged("").boxes);
  CHECK_FALSE(judged(box("ftyp", "qt  ") + box("moov", box("cmov", "packed"))).whole);
  CHECK_FALSE(judged(box("ftyp", "isom") + box("moov", track("meta", 1'000'000, 10))).whole);
  CHECK_FALSE(
      judged(box("ftyp", "isom") + box("moov", track("meta", 0, 8)) + box("moof", "")).whole);
  CHECK(judged(box("ftyp", "isom") + big(900, 4) + "mdat cut off").whole);
}

TEST_CASE("the worker's answer about a film is checked") {
  const auto good = read_hidden_answer("walls seccomp\nboxes\nfree 4 4\nhide 8 100\nend\n");
  REQUIRE(good);
  CHECK(good->whole);
  REQUIRE(good->hidden.size() == 2);
  CHECK(good->hidden[0].named);
  CHECK(good->hidden[1].length == 100);
  CHECK_FALSE(read_hidden_answer("walls\nunclear\nend\n")->whole);
  CHECK_FALSE(read_hidden_answer("walls\nother\nend\n")->boxes);
  for (const auto* bad : {"boxes\n", "boxes\nhide -1 4\nend\n", "boxes\nfree 0 5\nend\n",
                          "boxes\nhide 4\nend\n", "boxes\nwrite 4 4\nend\n"})
    CHECK_FALSE(read_hidden_answer(bad));
  for (const auto* type : {"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"}) {
    const auto picture = "walls seccomp\npicture 1 1 -\nshown shown "s + type + " 1 1 3\nabcend\n";
    REQUIRE(read_picture_answer(picture));
    CHECK(read_picture_answer(picture)->shown->bytes == "abc");
  }
  CHECK(formats_for("mov,mp4,m4a,3gp,3g2,mj2", "video/mp4").front() == "mp4");
  CHECK(formats_for("matroska,webm", "video/webm").front() == "webm");
  CHECK(formats_for("mp3", "audio/mpeg").front() == "mp3");
  CHECK(formats_for("avi", "video/x-msvideo").front() == "matroska");
  const std::string probe = R"({"streams":[{"codec_type":"audio","tags":{"TITLE":"Song"}}],)"
                            R"("format":{"format_name":"ogg","tags":{"artist":"Ann"}}})";
  CHECK_FALSE(read_probe_answer(probe, false)->tells_place);
  CHECK(read_probe_answer(probe, false)->container == "ogg");
  for (const auto* name : {"LOCATION-eng", "com.apple.quicktime.location.ISO6709", "GPSLatitude"}) {
    auto told = probe;
    told.replace(told.find("TITLE"), 5, name);
    CHECK(read_probe_answer(told, false)->tells_place);
  }
}

TEST_CASE(
    "a waveform has the loudest moment of each hundredth, in whatever pieces the samples come") {
  const auto sample = [](int n) { return little(static_cast<std::uint16_t>(n), 2); };
  std::string samples;
  for (int i = 0; i < 8'000; ++i) {
    const bool loud = i % 80 == 7;
    samples += sample(i < 4'000 ? (loud ? -32'768 : 10) : loud ? 16'384 : 0);
  }
  waveform whole(1'000), pieces(1'000);
  whole.add(samples);
  for (const char byte : samples) pieces.add({&byte, 1});
  std::string want;
  for (int i = 0; i < 100; ++i) want += i < 50 ? "ff" : "80";
  CHECK(whole.hex() == want);
  CHECK(pieces.hex() == want);
  pieces.add(sample(32'767));  // longer than was said
  CHECK(pieces.hex() == want.substr(0, 198) + "ff");
  CHECK(waveform(0).hex() == std::string(200, '0'));
}

TEST_CASE("only H.264 and AAC in MP4, and MP3, are played everywhere") {
  const auto probed = [](const std::string& container, const std::string& video,
                         const std::string& audio) {
    made_media m;
    m.container = container;
    m.picture_codec = video;
    m.pixels = "yuv420p";
    m.sound_codec = audio;
    return m;
  };
  const auto mp4 = "mov,mp4,m4a,3gp,3g2,mj2";
  CHECK(plays_everywhere(probed(mp4, "h264", "aac"), true));
  CHECK(plays_everywhere(probed(mp4, "h264", ""), true));
  CHECK_FALSE(plays_everywhere(probed("matroska,webm", "h264", "aac"), true));
  CHECK_FALSE(plays_everywhere(probed(mp4, "hevc", "aac"), true));
  CHECK_FALSE(plays_everywhere(probed(mp4, "h264", "mp3"), true));
  auto deep = probed(mp4, "h264", "aac");
  deep.pixels = "yuv420p10le";
  CHECK_FALSE(plays_everywhere(deep, true));
  CHECK(plays_everywhere(probed("mp3", "", "mp3"), false));
  CHECK(plays_everywhere(probed(mp4, "", "aac"), false));
  CHECK_FALSE(plays_everywhere(probed("ogg", "", "opus"), false));
}

TEST_CASE("a film that takes too long to code, or becomes too large, is not coded") {
  const programs path;
  nova::config::media_settings settings;
  settings.worker_s = settings.transcode_s = 1;
  for (const auto* ffmpeg :
       {"while :; do :; done", "while :; do echo many bytes; done", "exit 1"}) {
    CAPTURE(ffmpeg);
    path.add("ffmpeg", ffmpeg);
    path.add("ffprobe", "exit 0");
    workshop shop(settings);
    shop.open();
    std::size_t taken = 0;
    CHECK_FALSE(shop.code(path.folder + "/ffprobe", {}, true, 10'000, [&](std::string_view bytes) {
      taken += bytes.size();
      return true;
    }));
    CHECK(taken <= 10'000);
  }
}

TEST_CASE("a program that is late or cannot begin is tried again; at last the medium is blamed") {
  const programs path;
  path.add("ffprobe", R"(echo '{"streams":[{"codec_type":"video","width":64,"height":32}],)"
                      R"("format":{"duration":"1.0"}}')");
  path.add("ffmpeg", "while :; do :; done");
  path.add("picture", "exit 1");
  nova::config::media_settings settings;
  settings.worker_s = 1;
  settings.worker_program = path.folder + "/picture";
  workshop shop(settings);
  shop.open();
  const auto content = path.folder + "/ffprobe";
  CHECK_FALSE(shop.make(content, "video", false));
  const auto film = shop.make(content, "video", true);
  REQUIRE(film);
  CHECK(film->readable);
  CHECK(film->width == 64);
  CHECK(film->variants.empty());
  CHECK_FALSE(shop.make(content, "image", false));
  const auto picture = shop.make(content, "image", true);
  REQUIRE(picture);
  CHECK_FALSE(picture->readable);

  path.add("ffmpeg", "exit 1");  // the film's own fault
  path.add("picture", "printf 'walls seccomp\\nboxes\\nend\\n'");
  const auto without_poster = shop.make(content, "video", false);
  REQUIRE(without_poster);
  CHECK(without_poster->readable);
}

#ifdef NOVA_MEDIA_PROGRAM
namespace {

/// What the probe printed, by name, and the status of its end.
struct probed {
  explicit probed(const std::string& arguments) {
    auto* const pipe = ::popen(("exec " NOVA_CAGE_PROBE " " + arguments).c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 64> name{};
    for (int n = 0; std::fscanf(pipe, "%63s %d", name.data(), &n) == 2;) told[name.data()] = n;
    status = ::pclose(pipe);
  }
  std::map<std::string, int> told;
  int status = -1;
};

}  // namespace

TEST_CASE(
    "inside the cage a decoder gets no file, socket, process, program, or memory beyond its "
    "limit") {
  using answers = std::map<std::string, int>;
  const probed before("256 10 before"), inside("256 10 inside");
  CHECK(before.status == 0);
  CHECK(before.told == answers{{"read_file", 0},
                               {"write_file", 0},
                               {"list_folder", 0},
                               {"network", 0},
                               {"local_socket", 0},
                               {"process", 0},
                               {"signal", 0},
                               {"half_of_memory", 0},
                               {"all_of_memory", 0},
                               {"thread", 0}});
  auto told = inside.told;
  MESSAGE("landlock: ", told["landlock"]);
  told.erase("landlock");  // a kernel may lack it; the calls of the other wall are those tried here
  CHECK(told == answers{{"seccomp", 1},
                        {"read_file", EPERM},
                        {"write_file", EPERM},
                        {"list_folder", EPERM},
                        {"network", EPERM},
                        {"local_socket", EPERM},
                        {"process", EPERM},
                        {"signal", EPERM},
                        {"half_of_memory", 0},
                        {"all_of_memory", ENOMEM},
                        {"thread", 0},
                        {"trace", EPERM},
                        {"program", EPERM}});
  CHECK(inside.status == 0);
}

TEST_CASE("a worker that uses more processor time than it may is ended") {
  const probed spins("256 1 spin");
  REQUIRE(WIFSIGNALED(spins.status));
  CHECK((WTERMSIG(spins.status) == SIGKILL || WTERMSIG(spins.status) == SIGXCPU));
}

TEST_CASE("a picture of 12 megapixels costs the worker less than a second of processor time") {
  const std::string path =
      std::filesystem::temp_directory_path() / ("nova-12mp-" + std::to_string(::getpid()) + ".jpg");
  const auto made =
      "ffmpeg -v error -f lavfi -i mandelbrot=size=4000x3000:rate=1 -vf "
      "noise=alls=20:allf=t -frames:v 1 -q:v 3 -y " +
      path + " 2>/dev/null";
  if (std::system(made.c_str()) != 0) {
    MESSAGE("left out: ffmpeg is not installed");
    return;
  }
  const auto seconds = [] {
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    const auto of = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(used.ru_utime) + of(used.ru_stime);
  };
  nova::config::media_settings settings;
  settings.worker_program = NOVA_MEDIA_PROGRAM;
  workshop shop(settings);
  shop.open();
  const auto before = seconds();
  const auto picture = shop.make(path, "image", false);
  const auto used = seconds() - before;
  std::filesystem::remove(path);
  REQUIRE(picture);
  CHECK(picture->readable);
  CHECK(picture->width == 4'000);
  CHECK(picture->variants.size() == 4);
  MESSAGE("processor time: ", used, " s");
  CHECK(used < 1.0);
}
#endif
