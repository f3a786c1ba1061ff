#include "actors/runtime/link/address.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>

namespace nova::link {

std::optional<boost::asio::ip::tcp::endpoint> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return {};
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != host.npos) return {};
  std::uint16_t port = 0;
  const auto* end = digits.data() + digits.size();
  if (auto [at, bad] = std::from_chars(digits.data(), end, port); bad != std::errc{} || at != end)
    return {};
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(std::string(host), ec);
  if (ec) return {};
  return boost::asio::ip::tcp::endpoint(address, port);
}

std::string to_text(const boost::asio::ip::tcp::endpoint& at) {
  const auto host = at.address().to_string();
  return (at.address().is_v6() ? '[' + host + ']' : host) + ':' + std::to_string(at.port());
}

}  // namespace nova::link
