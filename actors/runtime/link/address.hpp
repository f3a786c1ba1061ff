// "127.0.0.1:7400" and "[::1]:7400" as end points. Used by gate, links and gateway/main.cpp.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace nova::link {

/// Empty for text that is no numeric address with a port.
std::optional<boost::asio::ip::tcp::endpoint> parse_address(std::string_view text);
std::string to_text(const boost::asio::ip::tcp::endpoint& at);

}  // namespace nova::link
