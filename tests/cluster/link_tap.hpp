// A TCP relay in front of a node's port for links that keeps all bytes of both directions. Used by secret_links_flow_test.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace nova::cluster {

class link_tap {
 public:
  /// Listens on a port of its own, and passes what it takes to this port of loopback.
  explicit link_tap(std::uint16_t target);
  ~link_tap();

  std::uint16_t port() const noexcept;
  std::uint16_t target() const noexcept;
  /// Whether these bytes were sent in one direction of one connection.
  bool carried(const std::string& bytes) const;
  std::size_t bytes() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace nova::cluster
