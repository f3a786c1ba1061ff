#include "gateway/access/proxy_header.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace nova::gateway {
namespace {

namespace ip = boost::asio::ip;

constexpr unsigned char signature[] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                       0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr std::size_t command_at = 12, family_at = 13, length_at = 14;
constexpr unsigned char local = 0x20, proxied = 0x21;  // version 2 in the upper half
constexpr unsigned char ipv4 = 1, ipv6 = 2;            // the lower half is the transport

template <class Address>
std::optional<std::string> first_address(std::span<const unsigned char> rest) {
  typename Address::bytes_type bytes;
  constexpr std::size_t ports = 4;
  if (rest.size() < 2 * bytes.size() + ports) return std::nullopt;
  std::copy_n(rest.begin(), bytes.size(), bytes.begin());
  return Address(bytes).to_string();
}

}  // namespace

std::optional<std::size_t> proxy_rest_bytes(std::span<const unsigned char, proxy_head_bytes> head) {
  if (!std::equal(std::begin(signature), std::end(signature), head.begin())) return std::nullopt;
  if (head[command_at] != local && head[command_at] != proxied) return std::nullopt;
  const auto length = static_cast<std::size_t>(head[length_at] << 8 | head[length_at + 1]);
  if (length > max_proxy_rest_bytes) return std::nullopt;
  return length;
}

std::optional<std::string> proxied_address(std::span<const unsigned char, proxy_head_bytes> head,
                                           std::span<const unsigned char> rest, std::string own) {
  if (head[command_at] == local) return own;
  switch (head[family_at] >> 4) {
    case ipv4: return first_address<ip::address_v4>(rest);
    case ipv6: return first_address<ip::address_v6>(rest);
    default: return own;
  }
}

}  // namespace nova::gateway
