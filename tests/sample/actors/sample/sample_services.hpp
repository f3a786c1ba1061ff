// What the domain is started with: context::service<sample_services>().
#pragma once

#include "config/settings/sample_settings.hpp"

namespace nova::sample {

struct sample_services {
  config::sample_settings settings;
};

}  // namespace nova::sample
