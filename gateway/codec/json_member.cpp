#include "gateway/codec/json_member.hpp"

#include <boost/json/parse.hpp>

namespace nova::gateway {
namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Moves behind the string that begins at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

/// Moves behind the value that begins at `at`: to the comma or brace of the object around it.
std::size_t skip_value(std::string_view text, std::size_t at) {
  for (int depth = 0; at < text.size();) {
    char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}')) break;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  return at;
}

bool names(std::string_view quoted, std::string_view name) {
  if (quoted.find('\\') == quoted.npos) return quoted.substr(1, quoted.size() - 2) == name;
  boost::system::error_code ec;
  auto value = boost::json::parse(quoted, ec);
  return !ec && value.is_string() && value.get_string() == name;
}

}  // namespace

std::string_view member_text(std::string_view object, std::string_view name) {
  std::string_view found;
  auto at = object.find('"');
  while (at < object.size()) {
    auto key_end = skip_string(object, at);
    auto value = object.find_first_not_of(blanks, object.find(':', key_end) + 1);
    auto end = skip_value(object, value);
    if (names(object.substr(at, key_end - at), name)) {
      found = object.substr(value, end - value);
      found = found.substr(0, found.find_last_not_of(blanks) + 1);
    }
    at = object.find('"', end);
  }
  return found;
}

}  // namespace nova::gateway
