// auth as a module: actors/domain_modules lists it.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/auth_settings.hpp"

namespace nova::auth {

/// Needs the key `auth`: signing keys and refresh tokens come from it. Without the old key all sessions end. A person with the
/// key can sign access tokens. Making the domain costs one password hash.
runtime::domain_module<config::auth_settings> descriptor();

}  // namespace nova::auth
