// The services of the domain: context::service<streaming_services>().
#pragma once

#include "actors/runtime/api/decision.hpp"
#include "actors/streaming/streaming_rules.hpp"
#include "config/settings/streaming_settings.hpp"
#include "protocols/core/signed_urls.hpp"

namespace nova::streaming {

struct streaming_services {
  config::streaming_settings settings;
  url_signer urls;
};

inline const streaming_services& services_of(const runtime::context& c) {
  return c.service<streaming_services>();
}
inline const config::streaming_settings& settings_of(const runtime::context& c) {
  return services_of(c).settings;
}
/// A new playback address of the stream for the caller.
inline std::string query_for_caller(const uuid& stream, const runtime::context& c) {
  return playback_query(stream, c.caller.account, services_of(c).urls, c.random, c.now,
                        settings_of(c).playback_url_ttl_s);
}

}  // namespace nova::streaming
