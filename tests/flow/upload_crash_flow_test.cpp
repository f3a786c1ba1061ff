// Uploads by tus beside restarts of the server. Killed at random bytes: what was answered is there, the rest is sent again, and the
// medium is equal to the file; NOVA_UPLOAD_KILLS sets the number of kills. Started again with small limits: their errors.
#include "tests/flow/world.hpp"
#include "tests/support/slowdown.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>

using namespace nova::flow;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace asio = boost::asio;

namespace {

constexpr std::size_t piece_bytes = 256 * 1024;

std::size_t kills() {
  const char* wanted = std::getenv("NOVA_UPLOAD_KILLS");
  return wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : 6;
}

http_reply ask(const account& as, std::string method, const std::string& target,
               std::vector<std::pair<std::string, std::string>> fields, std::string body = {}) {
  nova::client::http_request q{std::move(method), target, std::move(body)};
  q.bearer = as.access_token;
  q.content_type = q.method == "PATCH" ? "application/offset+octet-stream" : "";
  q.headers = std::move(fields);
  q.headers.emplace_back("Tus-Resumable", "1.0.0");
  return http().send(q);
}

std::size_t offset_of(const account& as, const std::string& upload) {
  const auto r = ask(as, "HEAD", upload, {});
  INFO(r.status);
  REQUIRE(r.status == 200);
  return std::stoul(r.header("Upload-Offset"));
}

/// Sends the head of a PATCH and the first bytes of its body, and leaves the connection open.
asio::ip::tcp::socket begin_patch(asio::io_context& io, const account& as,
                                  const std::string& upload, std::size_t offset,
                                  std::string_view piece, std::size_t sent) {
  asio::ip::tcp::socket s(io);
  s.connect({asio::ip::make_address("127.0.0.1"), the_world().nova.at().port});
  asio::write(s,
              asio::buffer("PATCH " + upload + " HTTP/1.1\r\nHost: nova\r\nAuthorization: Bearer " +
                           as.access_token +
                           "\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: " + std::to_string(offset) +
                           "\r\nContent-Type: application/offset+octet-stream\r\n"
                           "Content-Length: " +
                           std::to_string(piece.size()) + "\r\n\r\n"));
  asio::write(s, asio::buffer(piece.data(), sent));
  return s;
}

struct limit {
  limit(const char* setting, const std::string& value) : name(setting) {
    ::setenv(name, value.c_str(), 1);
  }
  ~limit() { ::unsetenv(name); }
  limit(const limit&) = delete;
  limit& operator=(const limit&) = delete;
  const char* name;
};

http_reply opened(const account& as, std::size_t length) {
  return ask(as, "POST", "/v1/uploads", {{"Upload-Length", std::to_string(length)}});
}
http_reply patched(const account& as, const std::string& upload, std::size_t offset,
                   std::string bytes) {
  return ask(as, "PATCH", upload, {{"Upload-Offset", std::to_string(offset)}}, std::move(bytes));
}

bool soon(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + 10s * nova::test::slowdown;
  while (!done())
    if (std::chrono::steady_clock::now() > end) return false;
  return true;
}

/// The files of kept bytes and of unfinished uploads whose name holds `part`.
std::vector<fs::path> files_named(const std::string& part) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(the_world().blobs()))
    if (entry.path().filename().string().find(part) != std::string::npos) out.push_back(entry);
  return out;
}

}  // namespace

TEST_CASE("kill -9 at random bytes of an upload: answered bytes stay, and the medium is the file") {
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto ann = person("ann");
  std::string file((kills() + 2) * piece_bytes, '\0');
  for (auto& c : file) c = static_cast<char>(0x80 | (random() & 0x3f));
  const auto opened =
      ask(ann, "POST", "/v1/uploads", {{"Upload-Length", std::to_string(file.size())}});
  REQUIRE(opened.status == 201);
  const auto upload = opened.header("Location");

  std::size_t answered = 0;
  asio::io_context io;
  for (std::size_t kill = 0; kill < kills(); ++kill) {
    CAPTURE(kill);
    const auto piece = std::string_view(file).substr(answered, piece_bytes);
    const auto sent = random() % (piece.size() + 1);
    CAPTURE(sent);
    {
      auto s = begin_patch(io, ann, upload, answered, piece, sent);
      the_world().nova.kill();
    }
    start(the_world());
    const auto there = offset_of(ann, upload);
    CHECK(there >= answered);
    REQUIRE(there <= answered + sent);
    const auto rest = std::string(std::string_view(file).substr(there, piece_bytes));
    const auto r = ask(ann, "PATCH", upload, {{"Upload-Offset", std::to_string(there)}}, rest);
    INFO(r.body);
    REQUIRE(r.status == 204);
    answered = there + rest.size();
    CHECK(r.header("Upload-Offset") == std::to_string(answered));
  }
  const auto last = ask(ann, "PATCH", upload, {{"Upload-Offset", std::to_string(answered)}},
                        file.substr(answered));
  REQUIRE(last.status == 204);
  const auto id = last.header("Upload-Media-Id");
  CHECK(http().get("/v1/media/" + id + "/content", ann.access_token).body == file);
}

TEST_CASE("a second writer is 423 and HEAD is not; a silent one gives way; the quota is 413") {
  the_world().nova.kill();
  const limit quota("NOVA_MEDIA__QUOTA_BYTES", "1000"),
      idle("NOVA_GATEWAY__UPLOAD_IDLE_MS", "1000");
  start(the_world());
  const auto ann = person("ann");
  const auto upload = opened(ann, 500).header("Location");
  const std::string piece(500, 'x');
  asio::io_context io;
  // Of two writers at once either may be first; another one follows until one of them is being waited for.
  std::vector<asio::ip::tcp::socket> silent;
  std::size_t at = 0;
  http_reply second;
  CHECK(soon([&] {
    at = offset_of(ann, upload);
    silent.push_back(begin_patch(io, ann, upload, at, std::string_view(piece).substr(at), 10));
    second = patched(ann, upload, at, "x");
    return second.status == 423;
  }));
  CHECK(second.code() == "locked");
  CHECK_FALSE(second.header("Retry-After").empty());
  CHECK(soon([&] {  // the bytes of the silent one stay
    return offset_of(ann, upload) == at + 10 && patched(ann, upload, at + 10, "x").status == 204;
  }));
  REQUIRE(at < 400);
  CHECK(patched(ann, upload, at + 11, piece.substr(at + 11)).status == 204);

  const auto over = [&](const http_reply& r) {
    INFO(r.body);
    CHECK(r.status == 413);
    CHECK(r.code() == "quota_exceeded");
    CHECK(text(r.json().as_object(), "detail").find("of 1000 bytes are used") != std::string::npos);
  };
  over(opened(ann, 501));
  const auto reserved = opened(ann, 500);
  CHECK(reserved.status == 201);
  over(opened(ann, 1));
  CHECK(ask(ann, "DELETE", reserved.header("Location"), {}).status == 204);
  over(http().send({.method = "POST",
                    .target = "/v1/media",
                    .body = std::string(501, 'y'),
                    .bearer = ann.access_token,
                    .content_type = "text/plain"}));
  CHECK(number(http().get("/v1/media/usage", ann.access_token).json().as_object(), "used") == 500);
}

TEST_CASE(
    "an upload whose time is over is 410, its bytes leave the disk; the scrubber tells of a file "
    "with other bytes") {
  const auto ben = person("ben");
  const std::string good = "good bytes of " + ben.id;
  REQUIRE(http()
              .send({.method = "POST",
                     .target = "/v1/media",
                     .body = good,
                     .bearer = ben.access_token,
                     .content_type = "text/plain"})
              .status == 201);
  fs::path damaged;
  for (const auto& file : files_named("")) {
    if (!fs::is_regular_file(file)) continue;
    std::ifstream in(file, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    if (all.str() == good) damaged = file;
  }
  REQUIRE_FALSE(damaged.empty());
  fs::permissions(damaged, fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(damaged, std::ios::binary) << "other" << good.substr(5);
  the_world().nova.kill();
  const limit time("NOVA_MEDIA__UPLOAD_TTL_S", "1"), pace("NOVA_MEDIA__SCRUB_KIB_S", "1048576");
  start(the_world());
  CHECK(soon([&] {
    const auto log = the_world().nova.log_tail(1 << 20);
    return log.find("event=blobs.failed step=checksum blob=" + damaged.filename().string()) !=
           log.npos;
  }));

  const auto ann = person("ann");
  const auto made = opened(ann, 100);
  const auto upload = made.header("Location");
  CHECK(patched(ann, upload, 0, "begun").status == 204);
  const auto name = upload.substr(upload.rfind('/') + 1);
  CHECK_FALSE(files_named(name).empty());
  const auto is_over = [&](const http_reply& r) { return r.status == 410; };
  CHECK(soon([&] { return is_over(ask(ann, "HEAD", upload, {})); }));
  const auto check = [&] {
    CHECK(is_over(ask(ann, "HEAD", upload, {})));
    const auto late = patched(ann, upload, 5, "more");
    CHECK(is_over(late));
    CHECK(late.code() == "expired");
    CHECK(ask(ben, "HEAD", upload, {}).status == 404);
  };
  check();
  CHECK(soon([&] { return files_named(name).empty(); }));
  check();
}
