// The settings of the domain: context::service<content_services>().
#pragma once

#include "actors/runtime/api/decision.hpp"
#include "config/settings/content_settings.hpp"

namespace nova::content {

struct content_services {
  config::content_settings settings;
};

inline const config::content_settings& settings_of(const runtime::context& c) {
  return c.service<content_services>().settings;
}

}  // namespace nova::content
