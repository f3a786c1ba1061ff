// messaging as a module: actors/domain_modules lists it.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/messaging_settings.hpp"

namespace nova::messaging {

/// Its presence push goes to the accounts that share a conversation with the account.
runtime::domain_module<config::messaging_settings> descriptor();

}  // namespace nova::messaging
