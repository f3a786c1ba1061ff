#include "gateway/session/edge.hpp"

namespace nova::gateway {
namespace {

std::vector<const rpc::method*> methods_that_resume() {
  std::vector<const rpc::method*> out;
  for (const auto* method : rpc::all_methods())
    if (method->resumes) out.push_back(method);
  return out;
}

/// Pages of the other gateways may use this one.
config::gateway_settings with_others(config::gateway_settings s) {
  s.allowed_origins.insert(s.allowed_origins.end(), s.others.begin(), s.others.end());
  return s;
}

}  // namespace

edge::edge(config::gateway_settings s, const wall_clock& clock, random_source& randomness,
           monotonic_clock steady)
    : settings(with_others(std::move(s))),
      wall(clock),
      random(randomness),
      now(std::move(steady)),
      proxies(settings.trusted_proxies),
      routes(rpc::all_methods()),
      resuming(methods_that_resume()),
      tokens(std::make_shared<gateway::tokens>(settings, clock, now)),
      resume_tokens(settings.resume_key),
      limits(settings),
      admission(limits) {}

bool edge::ready() const {
  if (operations_ready) return !draining && operations_ready();
  return bus && !draining && tokens->ready() && bus->ready();
}

}  // namespace nova::gateway
