// The header block of a request: the strict rules over raw bytes, and whether Beast reads the same that they judged.
// Limits are small, so that they are met.
#include "gateway/http/http_rules.hpp"
#include "tests/fuzz/claim.hpp"

#include <boost/beast/http.hpp>

#include <algorithm>
#include <string>

namespace {

using nova::fuzz::claim;
namespace http = boost::beast::http;
constexpr nova::gateway::http_limits limits{512, 8, 128};

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// Beast's reading of a block that the rules accepted.
void compare_with_beast(std::string_view block) {
  http::request_parser<http::string_body> parser;
  parser.header_limit(8192);
  parser.body_limit(1 << 20);
  boost::system::error_code ec;
  auto used = parser.put(boost::asio::const_buffer(block.data(), block.size()), ec);
  if (ec || !parser.is_header_done()) return;  // stricter than the rules: refused as well
  const auto& head = parser.get();
  auto line = block.substr(0, block.find("\r\n"));
  claim(used == block.size(), "Beast's header ends where the rules' ends");
  claim(line.substr(0, line.find(' ')) == view(head.method_string()), "one method");
  auto target = line.substr(line.find(' ') + 1);
  claim(target.substr(0, target.rfind(' ')) == view(head.target()), "one target");

  auto lines = static_cast<std::size_t>(std::count(block.begin(), block.end(), '\n')) - 2;
  auto fields = static_cast<std::size_t>(std::distance(head.begin(), head.end()));
  claim(fields == lines, "as many fields as lines");
  claim(fields <= limits.max_header_fields, "the limit of fields holds");
  claim(head.count("Host") <= 1 && (head.version() < 11 || head.count("Host") == 1), "one Host");
  auto lengths = head.count("Content-Length"), encodings = head.count("Transfer-Encoding");
  claim(lengths + encodings <= 1, "one framing");
  claim(parser.chunked() == (encodings == 1), "chunked exactly when the rules saw chunked");
  if (lengths == 1) {
    auto text = view(head["Content-Length"]);
    claim(!text.empty() &&
              std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }),
          "a length of digits only", text);
    claim(parser.content_length().value_or(~0ull) == std::stoull(std::string(text)), "one length");
  } else {
    claim(!parser.content_length(), "no length out of nothing");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nova::gateway;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto end = text.find("\r\n\r\n");
  auto step = std::max<std::size_t>(1, size / 16);
  if (end == text.npos) {
    for (std::size_t n = 0; n <= size; n += step) check_partial_header(text.substr(0, n), limits);
    return 0;
  }
  auto block = text.substr(0, end + 4);
  auto refused = check_header(block, limits);
  if (refused) {
    claim(refused->status == 400 || refused->status == 414 || refused->status == 431 ||
              refused->status == 505,
          "a status of the list");
    claim(!refused->reason.empty(), "a reason");
    return 0;
  }
  for (std::size_t n = 0; n < block.size(); n += step)
    claim(!check_partial_header(block.substr(0, n), limits),
          "what is accepted whole is not refused in pieces");
  compare_with_beast(block);
  for (std::size_t bytes : {0, 4, 64})
    if (chunk_extension_ok(text.substr(end + 4), bytes))
      claim(text.size() - end - 4 <= bytes, "the limit of extensions");
  return 0;
}
