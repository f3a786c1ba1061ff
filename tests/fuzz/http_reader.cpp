#include "tests/fuzz/http_reader.hpp"

#include "tests/fuzz/claim.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>

namespace nova::fuzz {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

bool token_char(char c) {
  return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), token_char);
}

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

std::string_view trim(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// A list field that has the word as an item.
bool names(std::string_view list, std::string_view word) {
  while (true) {
    auto comma = list.find(',');
    if (same(trim(list.substr(0, comma)), word)) return true;
    if (comma == list.npos) return false;
    list.remove_prefix(comma + 1);
  }
}

enum class progress { done, more, malformed };

struct head {
  read_request request;
  std::optional<std::uint64_t> length;
  bool chunked = false, minor_0 = false, keep_alive = false;
  int hosts = 0, encodings = 0, lengths = 0;
  bool upgrade = false, whole = false;
};

bool read_line(std::string_view line, head& to) {
  auto first = line.find(' '), last = line.rfind(' ');
  if (first == line.npos || first == last) return false;
  to.request.method = line.substr(0, first);
  to.request.target = line.substr(first + 1, last - first - 1);
  auto version = line.substr(last + 1);
  to.minor_0 = version == "HTTP/1.0";
  bool target_ok =
      !to.request.target.empty() && std::all_of(to.request.target.begin(), to.request.target.end(),
                                                [](char c) { return c > ' ' && c < 0x7f; });
  return token(to.request.method) && target_ok &&
         (to.minor_0 ||
          (version.size() == 8 && version.starts_with("HTTP/1.") && digit(version[7])));
}

bool read_field(std::string_view line, head& to) {
  auto colon = line.find(':');
  if (colon == line.npos || !token(line.substr(0, colon))) return false;
  auto name = line.substr(0, colon), value = trim(line.substr(colon + 1));
  for (unsigned char c : value)
    if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
  if (same(name, "host")) ++to.hosts;
  if (same(name, "upgrade")) to.upgrade = true;
  if (same(name, "connection")) {
    to.request.close = to.request.close || names(value, "close");
    to.keep_alive = to.keep_alive || names(value, "keep-alive");
  }
  if (same(name, "transfer-encoding")) {
    ++to.encodings;
    to.chunked = same(value, "chunked");
    if (!to.chunked) return false;
  }
  if (same(name, "content-length")) {
    ++to.lengths;
    std::uint64_t n = 0;
    auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), n);
    if (value.empty() || failed != std::errc() || end != value.data() + value.size()) return false;
    to.length = n;
  }
  return true;
}

progress read_head(std::string_view& bytes, head& to) {
  while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  auto end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return progress::more;
  auto block = bytes.substr(0, end + 2);
  bytes.remove_prefix(end + 4);
  bool first = true;
  while (!block.empty()) {
    auto cr = block.find("\r\n");
    auto line = block.substr(0, cr);
    if (line.find_first_of("\r\n") != line.npos) return progress::malformed;
    if (!(first ? read_line(line, to) : read_field(line, to))) return progress::malformed;
    first = false;
    block.remove_prefix(cr + 2);
  }
  if (to.hosts > 1 || (to.hosts == 0 && !to.minor_0)) return progress::malformed;
  if (to.encodings > 1 || to.lengths > 1 || to.encodings + to.lengths > 1)
    return progress::malformed;
  if (to.chunked && to.minor_0) return progress::malformed;
  if (to.minor_0) to.request.close = true;  // Nova keeps no connection of HTTP/1.0
  return progress::done;
}

/// One line that ends in CR LF, taken off the front.
progress take_line(std::string_view& bytes, std::string_view& line) {
  auto lf = bytes.find('\n');
  if (lf == bytes.npos) return progress::more;
  if (lf == 0 || bytes[lf - 1] != '\r') return progress::malformed;
  line = bytes.substr(0, lf - 1);
  bytes.remove_prefix(lf + 1);
  return line.find('\r') == line.npos ? progress::done : progress::malformed;
}

progress read_chunks(std::string_view& bytes, std::size_t& total) {
  while (true) {
    std::string_view line;
    if (auto p = take_line(bytes, line); p != progress::done) return p;
    std::uint64_t n = 0;
    auto [end, failed] = std::from_chars(line.data(), line.data() + line.size(), n, 16);
    if (failed != std::errc()) return progress::malformed;
    auto rest = trim(line.substr(static_cast<std::size_t>(end - line.data())));
    if (!rest.empty() && rest.front() != ';') return progress::malformed;
    for (unsigned char c : rest)
      if (c < 0x20 || c == 0x7f) return progress::malformed;
    if (n == 0) break;
    if (bytes.size() < n || bytes.size() - n < 2) return progress::more;
    total += n;
    bytes.remove_prefix(n);
    if (!bytes.starts_with("\r\n")) return progress::malformed;
    bytes.remove_prefix(2);
  }
  if (bytes.starts_with("\r\n")) {
    bytes.remove_prefix(2);
    return progress::done;
  }
  auto end = bytes.find("\r\n\r\n");  // of trailers, which are dropped
  if (end == bytes.npos) return progress::more;
  bytes.remove_prefix(end + 4);
  return progress::done;
}

progress read_one(std::string_view& bytes, head& to) {
  if (auto p = read_head(bytes, to); p != progress::done) return p;
  to.whole = true;
  if (to.chunked) return read_chunks(bytes, to.request.body_bytes);
  auto n = to.length.value_or(0);
  if (bytes.size() < n) return progress::more;
  to.request.body_bytes = n;
  bytes.remove_prefix(n);
  return progress::done;
}

}  // namespace

request_reading read_requests(std::string_view bytes) {
  request_reading out;
  while (!bytes.empty()) {
    head h;
    auto p = read_one(bytes, h);
    out.malformed = p == progress::malformed && !h.whole;
    if (p != progress::done) return out;
    out.requests.push_back(h.request);
    out.upgraded = out.upgraded || h.upgrade;
    if (h.request.close) return out;
  }
  return out;
}

std::vector<read_answer> read_answers(std::string_view bytes) {
  std::vector<read_answer> out;
  while (!bytes.empty()) {
    auto end = bytes.find("\r\n\r\n");
    claim(end != bytes.npos && bytes.starts_with("HTTP/1.1 "), "an answer has a head", bytes);
    auto block = bytes.substr(0, end + 2);
    bytes.remove_prefix(end + 4);
    read_answer a;
    a.status = std::atoi(std::string(block.substr(9, 3)).c_str());
    if (a.status == 101) return out;
    std::size_t length = 0;
    bool bodiless = a.status == 100 || a.status == 204 || a.status == 304;
    for (block.remove_prefix(block.find("\r\n") + 2); !block.empty();
         block.remove_prefix(block.find("\r\n") + 2)) {
      auto line = block.substr(0, block.find("\r\n"));
      auto colon = line.find(':');
      claim(colon != line.npos && line.find_first_of("\r\n") == line.npos, "an answer has fields",
            line);
      auto name = line.substr(0, colon), value = trim(line.substr(colon + 1));
      if (same(name, "content-length"))
        length = std::strtoull(std::string(value).c_str(), nullptr, 10);
      if (same(name, "connection")) a.close = a.close || names(value, "close");
    }
    // The answer to HEAD says the length of a body that does not come: the next answer follows, or nothing.
    bool head_only = !bodiless && (bytes.empty() ? length > 0 : bytes.starts_with("HTTP/1.1 "));
    if (!bodiless && !head_only) {
      claim(bytes.size() >= length, "an answer has its body", bytes);
      a.body = bytes.substr(0, length);
      bytes.remove_prefix(length);
    }
    if (a.status != 100) out.push_back(a);
  }
  return out;
}

}  // namespace nova::fuzz
