// media as a module: actors/domain_modules lists it.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/media_settings.hpp"

namespace nova::media {

runtime::domain_module<config::media_settings> descriptor();

}  // namespace nova::media
