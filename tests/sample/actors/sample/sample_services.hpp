// The services of the domain, given at its start: context::service<sample_services>().
#pragma once

#include "config/settings/sample_settings.hpp"

namespace nova::sample {

struct sample_services {
  config::sample_settings settings;
};

}  // namespace nova::sample
