// The services of the domain, given at its start: context::service<messaging_services>().
#pragma once

#include "actors/runtime/api/decision.hpp"
#include "config/settings/messaging_settings.hpp"

namespace nova::messaging {

struct messaging_services {
  config::messaging_settings settings;
};

inline const config::messaging_settings& settings_of(const runtime::context& c) {
  return c.service<messaging_services>().settings;
}

}  // namespace nova::messaging
