#include "gateway/access/trusted_proxies.hpp"

#include "protocols/core/text.hpp"

#include <algorithm>
#include <optional>

namespace nova::gateway {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

/// Parts between separators that stand outside of quotes.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] != separator || quoted) continue;
    out.push_back(without_blanks(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  out.push_back(without_blanks(text.substr(begin)));
  return out;
}

/// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80"; none: hidden or malformed.
std::optional<ip::address> address_in(std::string_view node) {
  if (node.starts_with('[')) node = node.substr(1, node.find(']') - 1);
  else if (std::count(node.begin(), node.end(), ':') == 1) node = node.substr(0, node.find(':'));
  error_code ec;
  auto out = ip::make_address(node, ec);
  if (ec) return std::nullopt;
  if (out.is_v6() && out.to_v6().is_v4_mapped())
    return ip::address(ip::make_address_v4(ip::v4_mapped, out.to_v6()));
  return out;
}

struct element {
  std::optional<ip::address> node;
  std::string scheme;
};

std::string scheme_in(std::string_view text) {
  auto scheme = ascii_lower(text);
  return scheme == "http" || scheme == "https" ? scheme : std::string();
}

element forwarded_element(std::string_view text) {
  element out;
  for (auto pair : split(text, ';')) {
    auto equals = pair.find('=');
    if (equals == pair.npos) continue;
    auto name = without_blanks(pair.substr(0, equals)),
         value = without_blanks(pair.substr(equals + 1));
    if (value.size() >= 2 && value.starts_with('"')) value = value.substr(1, value.size() - 2);
    if (same_ignoring_case(name, "for")) out.node = address_in(value);
    if (same_ignoring_case(name, "proto")) out.scheme = scheme_in(value);
  }
  return out;
}

/// In the order of the proxies: the last element is of the one nearest to us.
std::vector<element> elements_of(const forwarding_fields& fields) {
  std::vector<element> out;
  if (!fields.forwarded.empty()) {
    for (auto text : split(fields.forwarded, ',')) out.push_back(forwarded_element(text));
    return out;
  }
  auto protocols = split(fields.x_forwarded_proto, ',');
  if (!fields.x_forwarded_for.empty())
    for (auto text : split(fields.x_forwarded_for, ',')) out.push_back({address_in(text), {}});
  if (out.empty()) out.push_back({});
  for (std::size_t i = 0; i < std::min(out.size(), protocols.size()); ++i)
    out[out.size() - 1 - i].scheme = scheme_in(protocols[protocols.size() - 1 - i]);
  return out;
}

}  // namespace

trusted_proxies::trusted_proxies(std::span<const std::string> networks) {
  for (const auto& text : networks) {
    error_code ec;
    bool range = text.find('/') != text.npos, six = text.find(':') != text.npos;
    if (six) v6_.push_back(ip::make_network_v6(range ? text : text + "/128", ec).canonical());
    else v4_.push_back(ip::make_network_v4(range ? text : text + "/32", ec).canonical());
    if (ec && unsound_.empty()) unsound_ = text.empty() ? "an empty text" : text;
  }
}

bool trusted_proxies::contains(const ip::address& address) const {
  auto any = [](const auto& networks, const auto& a) {
    return std::any_of(networks.begin(), networks.end(), [&](const auto& n) {
      return std::decay_t<decltype(n)>(a, n.prefix_length()).canonical() == n;
    });
  };
  if (address.is_v4()) return any(v4_, address.to_v4());
  auto six = address.to_v6();
  if (six.is_v4_mapped()) return any(v4_, ip::make_address_v4(ip::v4_mapped, six));
  return any(v6_, six);
}

forwarded_client trusted_proxies::client_of(const forwarding_fields& fields) const {
  forwarded_client out;
  auto elements = elements_of(fields);
  for (auto at = elements.rbegin(); at != elements.rend(); ++at) {
    if (!at->scheme.empty()) out.scheme = at->scheme;
    if (!at->node) break;
    out.address = at->node->to_string();
    if (!contains(*at->node)) break;
  }
  return out;
}

}  // namespace nova::gateway
