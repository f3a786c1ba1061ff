// feed as a module: actors/domain_modules lists it.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/feed_settings.hpp"

namespace nova::feed {

runtime::domain_module<config::feed_settings> descriptor();

}  // namespace nova::feed
