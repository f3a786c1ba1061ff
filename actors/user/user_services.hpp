// The services of the domain, given at its start: context::service<user_services>().
#pragma once

#include "config/settings/user_settings.hpp"

namespace nova::user {

struct user_services {
  config::user_settings settings;
};

}  // namespace nova::user
