// user as a module: actors/domain_modules lists it.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/user_settings.hpp"

namespace nova::user {

runtime::domain_module<config::user_settings> descriptor();

}  // namespace nova::user
