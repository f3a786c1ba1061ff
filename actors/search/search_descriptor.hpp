// search as a module: actors/domain_modules lists it.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/search_settings.hpp"

namespace nova::search {

runtime::domain_module<config::search_settings> descriptor();

}  // namespace nova::search
