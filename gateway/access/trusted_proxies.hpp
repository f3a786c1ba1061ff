// The proxies that may name their client (`gateway.trusted_proxies`), and the parsing of their header
// fields. Used by server for each connection and by http_connection for each request.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nova::gateway {

/// The fields that count in a request from a listed peer; repeated lines are joined by commas.
struct forwarding_fields {
  std::string_view forwarded;  ///< RFC 7239; if present, the other fields do not count
  std::string_view x_forwarded_for, x_forwarded_proto;
};

struct forwarded_client {
  std::string address;  ///< empty: not stated
  std::string scheme;   ///< "http", "https" or empty: not stated
};

class trusted_proxies {
 public:
  /// Addresses and networks: "192.0.2.1", "10.0.0.0/8", "2001:db8::/32".
  explicit trusted_proxies(std::span<const std::string> networks);

  /// The first entry that is not an address or network; empty: all are valid.
  const std::string& unsound() const noexcept { return unsound_; }
  bool contains(const boost::asio::ip::address& address) const;

  /// The client behind a listed peer: the first address from the right that is not listed. An
  /// element that hides its address ends the search. Then the proxy that wrote the element is the client.
  forwarded_client client_of(const forwarding_fields& fields) const;

 private:
  std::vector<boost::asio::ip::network_v4> v4_;
  std::vector<boost::asio::ip::network_v6> v6_;
  std::string unsound_;
};

}  // namespace nova::gateway
