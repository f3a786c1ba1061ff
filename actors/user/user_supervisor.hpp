// The user domain as the runtime takes it. gateway/main.cpp calls make_user_domain once and adds
// the result to its node.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "config/settings/user_settings.hpp"

namespace nova::user {

struct user_options {
  config::user_settings settings;
};

runtime::domain make_user_domain(const user_options& options);

}  // namespace nova::user
