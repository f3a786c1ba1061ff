// The HTTP and WebSocket edge of one process. Used by main and by tests. Make it (its sink goes to
// the runtime), start it with the bus, and drain it before the runtime stops.
#pragma once

#include "config/settings/gateway_settings.hpp"
#include "protocols/core/blobs.hpp"
#include "protocols/core/bus.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::gateway {

struct gateway_options {
  config::gateway_settings settings;
  const wall_clock* wall = &system_wall_clock();
  random_source* random = &system_random();
  std::vector<metric_source> metrics;  ///< of the process, beside the server's own and the bus's

  // Of a server for operators only. It has no web page, no calls and no sockets; start() uses no bus.
  std::function<bool()> operations_ready = {};  ///< null: a server for clients
  /// The JSON of a page; empty: there is none.
  std::function<std::optional<std::string>(std::string_view verb, std::string_view path)>
      operations = {};
  /// The content of /metrics instead of this server's own; null: its own.
  std::function<std::string()> metrics_text = {};
  bool metrics_elsewhere = false;    ///< /metrics is not on this port
  blobs::store* blobs = nullptr;     ///< null: no uploads and downloads
  blobs::store* segments = nullptr;  ///< of live streams; null: none are served
  std::string urls_key = {};  ///< of signed addresses; at least 32 bytes when there are blobs
};

class server {
 public:
  explicit server(gateway_options options);
  /// Cuts the connections that drain_and_stop() has not ended.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// The receiver of pushes and closes. Valid as long as the server, also before start().
  rpc::push_sink& sink() noexcept;

  /// Opens the port and serves. Returns the port, or the reason of the failure (for example: address in
  /// use).
  result<std::uint16_t> start(rpc::bus& bus);

  /// Opens the port of a server for operators.
  result<std::uint16_t> start();

  /// The text of /metrics. Any thread.
  std::string metrics_text() const;
  /// Reads the revoked sessions again: some may have been missed. Any thread.
  void read_revocations();

  /// The limits that are live settings; the other settings stay as they were at the start. Any thread.
  void change_limits(const config::gateway_settings& settings);
  /// Reads certificate and key anew: new connections use them. An error leaves those in force. Without TLS at the start it does
  /// nothing. Any thread.
  result<void> renew_certificate(const config::gateway_tls_settings& settings);

  /// The state behind /readyz: the bus serves and access tokens can be verified.
  bool ready() const noexcept;

  /// Accepts no more connections, lets HTTP requests in flight finish and closes sockets with 1012, spread over `spread` or half
  /// of the budget, so that they do not come to other gateways all at once. Cuts all others when the budget is over. Blocks for
  /// the budget at most. The bus is not used afterwards.
  void drain_and_stop(std::chrono::milliseconds budget,
                      std::chrono::milliseconds spread = std::chrono::milliseconds(0));

  struct impl;

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace nova::gateway
