// messaging as the runtime sees it: its kinds, its intake, its limits. Started by gateway/main.cpp.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "config/settings/messaging_settings.hpp"

namespace nova::messaging {

runtime::domain make_messaging_domain(const config::messaging_settings& settings);

/// The push by which watchers learn of an account's presence.
rpc::push_ptr make_presence(const uuid& account, bool online, unix_ms last_seen_at);

}  // namespace nova::messaging
