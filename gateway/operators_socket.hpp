// The operators' socket: a Unix socket in the data folder (0600) of a running Nova. One line in, one line out: {"method", "params"}
// is answered by {"result"} or {"error": problem document}. Only methods for operators, and only from the user that runs Nova or
// root. Started by gateway/main.cpp; `nova events`, `nova sagas` and `nova account` speak to it.
#pragma once

#include "protocols/core/bus.hpp"

#include <filesystem>
#include <memory>

namespace nova::gateway {

class operators_socket {
 public:
  static constexpr std::size_t max_connections = 16;
  static constexpr std::size_t max_line_bytes = 64 * 1024;

  operators_socket();
  /// Stops.
  ~operators_socket();
  operators_socket(const operators_socket&) = delete;
  operators_socket& operator=(const operators_socket&) = delete;

  /// Replaces a socket that an ended process has left. The bus must outlive this object and every answer.
  result<void> start(const std::filesystem::path& folder, rpc::bus& bus);
  /// Ends all connections and removes the socket.
  void stop();

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace nova::gateway
