// sample as a module: actors/domain_modules lists it.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/sample_settings.hpp"

namespace nova::sample {

runtime::domain_module<config::sample_settings> descriptor();

}  // namespace nova::sample
