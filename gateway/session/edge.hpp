// What all connections of a server share. Made by server before the I/O threads start and destroyed
// after they ended.
#pragma once

#include "config/settings/gateway_settings.hpp"
#include "gateway/loop/limits.hpp"
#include "gateway/access/resume_tokens.hpp"
#include "gateway/codec/route_table.hpp"
#include "gateway/http/static_files.hpp"
#include "gateway/access/tokens.hpp"
#include "protocols/core/bus.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nova::gateway {

inline std::vector<const rpc::method*> methods_that_resume() {
  std::vector<const rpc::method*> out;
  for (const auto* m : rpc::all_methods())
    if (m->resumes) out.push_back(m);
  return out;
}

struct edge {
  edge(config::gateway_settings s, const wall_clock& clock, random_source& randomness,
       monotonic_clock steady = &std::chrono::steady_clock::now)
      : settings(std::move(s)),
        wall(clock),
        random(randomness),
        now(std::move(steady)),
        routes(rpc::all_methods()),
        resuming(methods_that_resume()),
        access(std::make_shared<tokens>(settings, clock, now)),
        resume(settings.resume_key),
        bounds(settings),
        files(settings.web_root) {}

  const config::gateway_settings settings;
  const wall_clock& wall;
  random_source& random;
  const monotonic_clock now;  ///< of sessions and tokens: deadlines; simulations bring their own
  const route_table routes;
  const std::vector<const rpc::method*> resuming;  ///< methods that know what a socket has missed
  const std::shared_ptr<tokens> access;
  const resume_tokens resume;
  limits bounds;
  const static_files files;
  rpc::bus* bus = nullptr;  ///< set before the first connection
  std::function<void(std::string&)> write_metrics;
  std::atomic<bool> draining{false};
};

}  // namespace nova::gateway
