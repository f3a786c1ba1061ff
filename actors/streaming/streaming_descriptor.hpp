// streaming as a module: actors/domain_modules lists it.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/streaming_settings.hpp"

namespace nova::streaming {

runtime::domain_module<config::streaming_settings> descriptor();

}  // namespace nova::streaming
