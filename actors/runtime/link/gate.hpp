// The only way in and out for other nodes: accepts and dials, proves the peer by mutual TLS and its name, and exchanges hellos,
// all under one deadline. A peer that is not proved gets 16 KiB of attention and one log record. Used by links, on its I/O thread.
#pragma once

#include "actors/runtime/link/identity.hpp"
#include "actors/runtime/link/wire.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace nova::link {

/// A proved peer.
struct introduced {
  std::shared_ptr<nova::link::wire> wire;
  Hello hello;
  bool dialled = false;  ///< by this node
};

class gate {
 public:
  static constexpr std::uint32_t version = 1;
  /// Peers that are not proved yet; more are closed at once.
  static constexpr std::size_t max_strangers = 64;

  struct hooks {
    std::function<Hello()> hello;  ///< of this node, now
    std::function<void(introduced)> proved;
  };
  /// The reason by which dialling failed; `self`: the address is this node's own.
  using dialled = std::function<void(std::string why, bool self)>;

  gate(boost::asio::io_context& io, const config::cluster_settings& settings, link_counts& counts,
       hooks h);
  /// Reads the certificates and opens the port. Refuses to be without certificates unless listen, advertise and seeds are all on
  /// loopback.
  result<std::uint16_t> listen();
  /// New links use the certificates that are there now; an error leaves those in force.
  result<void> renew(const config::cluster_settings& settings);
  /// `failed` is called, or `proved`.
  void dial(const boost::asio::ip::tcp::endpoint& to, dialled failed);
  void close();

 private:
  struct stranger;
  void accept();
  void begin(std::shared_ptr<stranger> s);
  void greet(std::shared_ptr<stranger> s);
  void read_hello(std::shared_ptr<stranger> s);
  void got_hello(const std::shared_ptr<stranger>& s, const std::string& message);
  std::string fault_of(const Hello& h, const stranger& s) const;
  void refuse(const std::shared_ptr<stranger>& s, const std::string& why, bool self = false);

  boost::asio::io_context& io_;
  const config::cluster_settings& settings_;
  link_counts& counts_;
  hooks hooks_;
  identity identity_;
  std::optional<boost::asio::ip::tcp::acceptor> acceptor_;
  boost::asio::steady_timer accept_again_;
  const std::shared_ptr<std::size_t> strangers_ = std::make_shared<std::size_t>(0);
};

/// Why these settings may not run without certificates; empty: they may, or they name some.
std::string unsafe_without_certificates(const config::cluster_settings& s);

}  // namespace nova::link
