// content as a module: actors/domain_modules lists it.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/content_settings.hpp"

namespace nova::content {

runtime::domain_module<config::content_settings> descriptor();

}  // namespace nova::content
