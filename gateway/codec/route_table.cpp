// Matching of paths against the declared templates; see route_table.hpp.
#include "gateway/codec/route_table.hpp"

#include <algorithm>

namespace nova::gateway {
namespace {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> out;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    auto slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == path.npos) return out;
    path.remove_prefix(slash + 1);
  }
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// RFC 9110 §4.2.3: an escaped letter is the letter.
bool spells(std::string_view given, std::string_view text) {
  return given == text || (given.find('%') != given.npos && percent_decode(given) == text);
}

void add_allowed(std::string& allow, rpc::verb v) {
  auto name = verb_name(v);
  if (allow.find(name) != allow.npos) return;
  if (!allow.empty()) allow += ", ";
  allow += name;
  if (v == rpc::verb::get) allow += ", HEAD";
}

}  // namespace

std::string_view verb_name(rpc::verb v) noexcept {
  switch (v) {
    case rpc::verb::get: return "GET";
    case rpc::verb::put: return "PUT";
    case rpc::verb::post: return "POST";
    case rpc::verb::patch: return "PATCH";
    case rpc::verb::delete_: return "DELETE";
  }
  return {};
}

route_table::route_table(std::span<const rpc::method* const> methods) {
  for (const auto* method : methods) {
    if (method->caller == rpc::caller_kind::node) continue;
    for (const auto& route : method->routes) {
      row r{{}, method, &route};
      for (auto text : split_path(route.path)) {
        bool parameter = text.starts_with('{') && text.ends_with('}');
        r.segments.push_back(
            {std::string(parameter ? text.substr(1, text.size() - 2) : text), parameter});
      }
      rows_.push_back(std::move(r));
    }
  }
  auto shape = [](const row& r) {
    std::string out;
    for (const auto& s : r.segments) out += s.parameter ? '1' : '0';
    return out;
  };
  std::stable_sort(rows_.begin(), rows_.end(),
                   [&](const row& a, const row& b) { return shape(a) < shape(b); });
}

result<route_match> route_table::find(std::string_view verb, std::string_view path) const {
  if (verb == "HEAD") verb = "GET";
  auto given = split_path(path);
  route_match out;
  for (const auto& r : rows_) {
    if (r.segments.size() != given.size()) continue;
    bool fits = true;
    for (std::size_t i = 0; fits && i < given.size(); ++i)
      fits = r.segments[i].parameter ? !given[i].empty() : spells(given[i], r.segments[i].text);
    if (!fits) continue;
    add_allowed(out.allow, r.route->method);
    if (out.method || verb_name(r.route->method) != verb) continue;
    out.method = r.method;
    out.route = r.route;
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (!r.segments[i].parameter) continue;
      auto value = percent_decode(given[i]);
      if (!value)
        return make_error(errc::invalid_request, "The path has an escape that is not valid.");
      out.path.emplace_back(r.segments[i].text, std::move(*value));
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      int high = hex(text[i + 1]), low = hex(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return std::nullopt;
    out += c;
  }
  return out;
}

std::optional<parameters> read_query(std::string_view query) {
  parameters out;
  while (!query.empty()) {
    auto end = query.find('&');
    auto pair = query.substr(0, end);
    query = end == query.npos ? std::string_view{} : query.substr(end + 1);
    if (pair.empty()) continue;
    auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value =
        percent_decode(equals == pair.npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

}  // namespace nova::gateway
