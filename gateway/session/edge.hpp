// Shared by all connections of a server. Made by server before the I/O threads start and destroyed
// after they ended.
#pragma once

#include "config/settings/gateway_settings.hpp"
#include "gateway/access/admission.hpp"
#include "gateway/access/resume_tokens.hpp"
#include "gateway/access/tokens.hpp"
#include "gateway/access/trusted_proxies.hpp"
#include "gateway/codec/route_table.hpp"
#include "gateway/loop/limits.hpp"
#include "gateway/session/rtmp_publishers.hpp"
#include "protocols/core/bus.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::gateway {

struct edge {
  edge(config::gateway_settings s, const wall_clock& clock, random_source& randomness,
       monotonic_clock steady = &std::chrono::steady_clock::now);

  /// The state behind /readyz: the bus serves and access tokens can be verified.
  bool ready() const;

  const config::gateway_settings settings;
  const wall_clock& wall;
  random_source& random;
  const monotonic_clock now;  ///< for sessions, tokens and rates; simulations pass their own
  const trusted_proxies proxies;
  const route_table routes;
  const std::vector<const rpc::method*> resuming;  ///< the methods that declare `resumes`
  const std::shared_ptr<gateway::tokens> tokens;
  const gateway::resume_tokens resume_tokens;
  gateway::limits limits;
  gateway::admission admission;
  rtmp_publishers rtmp;
  rpc::bus* bus = nullptr;                    ///< set before the first connection
  std::function<std::string()> metrics_text;  ///< the content of /metrics; null: no such page
  /// Of an edge for operators only: its readiness, and the JSON of a page; empty: there is none. Null: an edge for clients.
  std::function<bool()> operations_ready;
  std::function<std::optional<std::string>(std::string_view verb, std::string_view path)>
      operations;
  std::atomic<bool> draining{false};
};

}  // namespace nova::gateway
