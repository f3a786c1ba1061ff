// The real connections of the gateway on a socket pair: one thread, no network, fixed time and randomness, and a bus that
// answers at once. Used by http_stream_fuzz and websocket_fuzz.
#pragma once

#include "gateway/loop/io_thread.hpp"
#include "gateway/session/edge.hpp"
#include "protocols/core/jwt.hpp"
#include "tests/fuzz/fixed_sources.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nova::fuzz {

/// Answers every call at once: with an empty reply, or an error for every third; keeps what was asked.
class answering_bus final : public rpc::bus {
 public:
  void call(rpc::call c) override;
  void attach(rpc::attachment, std::function<void(result<void>)> attached) override {
    attached({});
  }
  void detach(rpc::connection_id, const uuid&) override {}
  bool ready() const override { return true; }
  void collect_metrics(metric_samples&) const override {}

  std::vector<std::string> asked;  ///< method and request as JSON
};

/// What the other side of a connection saw.
struct played {
  std::string sent;                ///< by the server
  bool ended = false;              ///< by the server
  std::vector<std::string> asked;  ///< of the bus
};

/// Small limits, so that they are met; rates out of the way.
config::gateway_settings small_limits();

/// An access token that every stage accepts.
std::string access_token();

/// Sends the pieces one after another over a new connection of the gateway, each after everything that the one before
/// caused; then closes it.
played play(std::span<const std::string_view> pieces);

/// `text` in one piece, and cut at places drawn from `seed`.
std::vector<std::string_view> cut(std::string_view text, std::uint32_t seed);

}  // namespace nova::fuzz
