// An upload by tus whose server is killed at random bytes: what was answered is there, the rest is sent again, and the medium is
// equal to the file. NOVA_UPLOAD_KILLS sets the number of kills.
#include "tests/flow/world.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <random>

using namespace nova::flow;
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
