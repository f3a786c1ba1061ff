// The rows of the strictness list, one small function each; see http_rules.hpp.
#include "gateway/http/http_rules.hpp"

#include "protocols/core/text.hpp"

#include <algorithm>
#include <array>

namespace nova::gateway {
namespace {

constexpr std::string_view crlf = "\r\n";

constexpr bool is_control(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

constexpr bool is_token(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

struct request_line {
  std::string_view method, target;
  int minor = 1;
};

std::optional<refusal> read_request_line(std::string_view line, const http_limits& limits,
                                         request_line& out) {
  auto first = line.find(' '), last = line.rfind(' ');
  if (first == line.npos || first == last) return refusal{400, "The request line is malformed."};
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  auto version = line.substr(last + 1);
  if (out.method.empty() || !std::all_of(out.method.begin(), out.method.end(), is_token))
    return refusal{400, "The method is malformed."};
  if (out.target.size() > limits.max_target_bytes)
    return refusal{414, "The request target is too long."};
  auto visible = [](char c) { return c > 0x20 && c < 0x7f && c != '#'; };
  if (out.target.empty() || !std::all_of(out.target.begin(), out.target.end(), visible))
    return refusal{400, "The request target is malformed."};
  if (version == "HTTP/1.1") return std::nullopt;
  if (version != "HTTP/1.0") return refusal{400, "The protocol version is not supported."};
  out.minor = 0;
  return std::nullopt;
}

struct framing {
  int hosts = 0, lengths = 0, encodings = 0, fields = 0;
  std::string_view host, length, encoding;
};

std::optional<refusal> read_field(std::string_view line, framing& out) {
  if (line.front() == ' ' || line.front() == '\t') return refusal{400, "A header field is folded."};
  auto colon = line.find(':');
  auto name = line.substr(0, colon);
  if (colon == line.npos || name.empty() || !std::all_of(name.begin(), name.end(), is_token))
    return refusal{400, "A header field is malformed."};
  auto value = trim(line.substr(colon + 1));
  if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; }))
    return refusal{400, "A header field has control characters."};
  ++out.fields;
  if (same_ignoring_case(name, "host")) ++out.hosts, out.host = value;
  if (same_ignoring_case(name, "content-length")) ++out.lengths, out.length = value;
  if (same_ignoring_case(name, "transfer-encoding")) ++out.encodings, out.encoding = value;
  return std::nullopt;
}

std::optional<refusal> check_framing(const request_line& line, const framing& f) {
  if (f.encodings > 1 || (f.encodings == 1 && !same_ignoring_case(f.encoding, "chunked")))
    return refusal{400, "The transfer encoding is not supported."};
  if (f.encodings == 1 && f.lengths > 0)
    return refusal{400, "Content-Length beside Transfer-Encoding."};
  if (f.encodings == 1 && line.minor == 0) return refusal{400, "Transfer-Encoding in HTTP/1.0."};
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (f.lengths > 1) return refusal{400, "More than one Content-Length."};
  if (f.lengths == 1 && (f.length.empty() || f.length.size() > 18 ||
                         !std::all_of(f.length.begin(), f.length.end(), digit)))
    return refusal{400, "The Content-Length is malformed."};
  if (f.hosts > 1 || (f.hosts == 0 && line.minor == 1))
    return refusal{400, "Exactly one Host is needed."};
  auto host_char = [](char c) {
    return is_token(c) ? c != '#' && c != '^' && c != '`' && c != '|'
                       : std::string_view(":[]()=;,").find(c) != std::string_view::npos;
  };
  if (f.hosts == 1 &&
      (!std::all_of(f.host.begin(), f.host.end(), host_char) || f.host.find(',') != f.host.npos))
    return refusal{400, "The Host is malformed."};
  return std::nullopt;
}

std::optional<refusal> check_target(const request_line& line, const framing& f) {
  auto target = line.target;
  if (target.front() == '/' || line.method == "CONNECT") return std::nullopt;
  if (target == "*" && line.method == "OPTIONS") return std::nullopt;
  for (std::string_view scheme : {"http://", "https://"}) {
    if (target.size() <= scheme.size() || !same_ignoring_case(target.substr(0, scheme.size()), scheme))
      continue;
    auto authority = target.substr(scheme.size());
    authority = authority.substr(0, authority.find_first_of("/?"));
    if (!authority.empty() && f.hosts == 1 && same_ignoring_case(authority, f.host)) return std::nullopt;
    return refusal{400, "The target names another host than Host."};
  }
  return refusal{400, "The request target is malformed."};
}

bool lines_end_well(std::string_view block) {
  for (auto at = block.find_first_of(crlf); at != block.npos;
       at = block.find_first_of(crlf, at + 2))
    if (block.substr(at, 2) != crlf) return false;
  return true;
}

}  // namespace

std::optional<refusal> check_header(std::string_view block, const http_limits& limits) {
  auto line_end = block.find(crlf);
  request_line line;
  if (line_end > limits.max_target_bytes + 64)
    return refusal{414, "The request target is too long."};
  if (!lines_end_well(block)) return refusal{400, "A line does not end in CR LF."};
  if (auto refused = read_request_line(block.substr(0, line_end), limits, line)) return refused;
  auto rest = block.substr(line_end + 2);
  if (rest.size() > limits.max_header_bytes) return refusal{431, "The header is too large."};
  framing seen;
  while (!rest.starts_with(crlf)) {
    auto end = rest.find(crlf);
    if (auto refused = read_field(rest.substr(0, end), seen)) return refused;
    if (static_cast<std::size_t>(seen.fields) > limits.max_header_fields)
      return refusal{431, "The header has too many fields."};
    rest.remove_prefix(end + 2);
  }
  if (auto refused = check_framing(line, seen)) return refused;
  return check_target(line, seen);
}

std::optional<refusal> check_partial_header(std::string_view so_far, const http_limits& limits) {
  auto line_end = so_far.find(crlf);
  constexpr std::size_t around_target = 64;  // method, version, blanks
  if (line_end == so_far.npos) {
    const auto line_bytes = so_far.size() - so_far.ends_with('\r');  // its LF may be on its way
    if (line_bytes <= limits.max_target_bytes + around_target) return std::nullopt;
    return so_far.find(' ') > around_target ? refusal{400, "The request line is malformed."}
                                            : refusal{414, "The request target is too long."};
  }
  if (line_end > limits.max_target_bytes + around_target)
    return refusal{414, "The request target is too long."};
  auto rest = so_far.substr(line_end + 2);
  if (rest.size() > limits.max_header_bytes) return refusal{431, "The header is too large."};
  if (static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\n')) >
      limits.max_header_fields)
    return refusal{431, "The header has too many fields."};
  return std::nullopt;
}

bool chunk_extension_ok(std::string_view extension, std::size_t max_bytes) noexcept {
  return extension.size() <= max_bytes &&
         std::none_of(extension.begin(), extension.end(), is_control);
}

}  // namespace nova::gateway
