// The auth domain as the runtime takes it. gateway/main.cpp calls make_auth_domain once and adds
// the result to its node.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "config/settings/auth_settings.hpp"

#include <string>

namespace nova::auth {

struct auth_options {
  config::auth_settings settings;
  /// The installation's secret, at least 32 random bytes, kept across restarts: all keys and
  /// refresh tokens come from it. Losing the secret signs everybody out; its holder can sign
  /// access tokens.
  std::string secret;
};

/// Throws std::invalid_argument when the secret is too short. Costs one password hash.
runtime::domain make_auth_domain(const auth_options& options);

}  // namespace nova::auth
