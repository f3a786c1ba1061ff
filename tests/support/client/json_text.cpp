// See json_text.hpp.
#include "tests/support/client/json_text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <charconv>

namespace nova::client {

void append_quoted(std::string& out, std::string_view text) {
  bool plain = true;
  for (unsigned char c : text) plain &= c >= 0x20 && c != '"' && c != '\\';
  if (plain) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += boost::json::serialize(boost::json::value(text));
  }
}

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

namespace {

std::size_t value_of(std::string_view json, std::string_view name, std::size_t from = 0) {
  for (std::size_t at = from; (at = json.find(name, at)) != std::string_view::npos;
       at += name.size()) {
    const auto end = at + name.size();
    if (at > 0 && json[at - 1] == '"' && end + 1 < json.size() && json[end] == '"' &&
        json[end + 1] == ':')
      return end + 2;
  }
  return std::string_view::npos;
}

/// Index behind the string that opens at `at`.
std::size_t skip_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') ++at;
    else if (json[at] == '"') return at + 1;
  }
  return json.size();
}

std::size_t skip_value(std::string_view json, std::size_t at) {
  if (at < json.size() && json[at] == '"') return skip_string(json, at);
  int depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = skip_string(json, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) return at;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (--depth == 0) return at + 1;
    }
    ++at;
  }
  return at;
}

std::size_t skip_space(std::string_view json, std::size_t at) {
  while (at < json.size() &&
         (json[at] == ' ' || json[at] == '\n' || json[at] == '\t' || json[at] == '\r'))
    ++at;
  return at;
}

}  // namespace

std::optional<std::int64_t> find_number(std::string_view json, std::string_view name) {
  const auto at = value_of(json, name);
  if (at == std::string_view::npos) return {};
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(json.data() + at, json.data() + json.size(), n);
  return ec == std::errc() ? std::optional(n) : std::nullopt;
}

std::string_view find_string(std::string_view json, std::string_view name) {
  for (auto at = value_of(json, name); at < json.size(); at = value_of(json, name, at))
    if (json[at] == '"') return json.substr(at + 1, skip_string(json, at) - at - 2);
  return {};
}

frame_view read_frame(std::string_view json) {
  frame_view out;
  std::size_t at = skip_space(json, 0);
  if (at >= json.size() || json[at] != '{') return out;
  for (++at;;) {
    at = skip_space(json, at);
    if (at >= json.size() || json[at] != '"') break;
    const auto name_end = skip_string(json, at);
    const auto name = json.substr(at + 1, name_end - at - 2);
    at = skip_space(json, name_end);
    if (at >= json.size() || json[at] != ':') return {};
    at = skip_space(json, at + 1);
    const auto end = skip_value(json, at);
    const auto value = json.substr(at, end - at);
    if (name == "id") std::from_chars(value.data(), value.data() + value.size(), out.id);
    else if (name == "method" && value.size() > 1)
      out.method = value.substr(1, value.size() - 2), out.what = frame_view::kind::push;
    else if (name == "params") out.body = value;
    else if (name == "result") out.body = value, out.what = frame_view::kind::result;
    else if (name == "error") out.body = value, out.what = frame_view::kind::error;
    at = skip_space(json, end);
    if (at >= json.size() || json[at] != ',') break;
    ++at;
  }
  return out;
}

}  // namespace nova::client
