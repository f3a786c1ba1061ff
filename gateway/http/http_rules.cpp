// The rows of the strictness list, one small function each; see http_rules.hpp.
#include "gateway/http/http_rules.hpp"

#include "protocols/core/text.hpp"

#include <boost/asio/ip/address_v6.hpp>

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
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (out.method.empty() || !std::all_of(out.method.begin(), out.method.end(), is_token))
    return refusal{400, "The method is malformed."};
  if (out.target.size() > limits.max_target_bytes)
    return refusal{414, "The request target is too long."};
  auto visible = [](char c) { return c > 0x20 && c < 0x7f && c != '#'; };
  if (out.target.empty() || !std::all_of(out.target.begin(), out.target.end(), visible))
    return refusal{400, "The request target is malformed."};
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.' ||
      !digit(version[5]) || !digit(version[7]))
    return refusal{400, "The protocol version is malformed."};
  if (version[5] != '1') return refusal{505, "The protocol version is not supported."};
  out.minor = version[7] == '0' ? 0 : 1;  // later ones are served as 1.1
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
  auto value = without_blanks(line.substr(colon + 1));
  if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; }))
    return refusal{400, "A header field has control characters."};
  ++out.fields;
  if (same_ignoring_case(name, "host")) ++out.hosts, out.host = value;
  if (same_ignoring_case(name, "content-length")) ++out.lengths, out.length = value;
  if (same_ignoring_case(name, "transfer-encoding")) ++out.encodings, out.encoding = value;
  return std::nullopt;
}

bool valid_port(std::string_view port) {
  if (port.size() > 5 || port.find_first_not_of("0123456789") != port.npos) return false;
  unsigned number = 0;
  for (char c : port) number = 10 * number + static_cast<unsigned>(c - '0');
  return number <= 65'535;
}

bool valid_ip_literal(std::string_view text) {
  if (text.starts_with('v') || text.starts_with('V')) {  // RFC 3986: IPvFuture
    auto dot = text.find('.');
    return dot != text.npos && dot > 1 && dot + 1 < text.size() &&
           std::all_of(text.begin() + 1, text.end(),
                       [](char c) { return is_token(c) || c == ':'; });
  }
  boost::system::error_code ec;
  boost::asio::ip::make_address_v6(text, ec);
  return !ec && text.find('%') == text.npos;
}

/// host [":" port]
bool valid_authority(std::string_view text) {
  auto host_char = [](char c) {
    return is_token(c) ? c != '#' && c != '^' && c != '`' && c != '|'
                       : std::string_view("()=;").find(c) != std::string_view::npos;
  };
  if (text.starts_with('[')) {
    auto close = text.find(']');
    if (close == text.npos || !valid_ip_literal(text.substr(1, close - 1))) return false;
    text.remove_prefix(close + 1);
    return text.empty() || (text.front() == ':' && valid_port(text.substr(1)));
  }
  auto colon = text.find(':');
  auto name = text.substr(0, colon);
  return !name.empty() && std::all_of(name.begin(), name.end(), host_char) &&
         (colon == text.npos || valid_port(text.substr(colon + 1)));
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
  if (f.hosts == 1 && !f.host.empty() && !valid_authority(f.host))
    return refusal{400, "The Host is malformed."};
  return std::nullopt;
}

std::optional<refusal> check_target(const request_line& line) {
  auto target = line.target;
  if (target.front() == '/' || line.method == "CONNECT") return std::nullopt;
  if (target == "*" && line.method == "OPTIONS") return std::nullopt;
  auto authority = authority_of(target);
  if (authority.empty()) return refusal{400, "The request target is malformed."};
  if (!valid_authority(authority)) return refusal{400, "The host of the target is malformed."};
  return std::nullopt;
}

bool lines_end_well(std::string_view block) {
  for (auto at = block.find_first_of(crlf); at != block.npos;
       at = block.find_first_of(crlf, at + 2))
    if (block.substr(at, 2) != crlf) return false;
  return true;
}

}  // namespace

std::string_view authority_of(std::string_view target) noexcept {
  for (std::string_view scheme : {"http://", "https://"})
    if (target.size() > scheme.size() &&
        same_ignoring_case(target.substr(0, scheme.size()), scheme)) {
      target.remove_prefix(scheme.size());
      return target.substr(0, target.find_first_of("/?"));
    }
  return {};
}

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
  return check_target(line);
}

std::optional<refusal> check_partial_header(std::string_view so_far, const http_limits& limits) {
  auto line_end = so_far.find(crlf);
  auto method = so_far.substr(0, so_far.find_first_of(" \r"));
  if (!std::all_of(method.begin(), method.end(), is_token))
    return refusal{400, "This is not HTTP."};
  if (!lines_end_well(so_far.substr(0, so_far.size() - so_far.ends_with('\r'))))
    return refusal{400, "A line does not end in CR LF."};
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
