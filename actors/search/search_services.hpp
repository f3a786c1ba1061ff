// Settings of the domain: context::service<search_services>().
#pragma once

#include "config/settings/search_settings.hpp"

namespace nova::search {

struct search_services {
  config::search_settings settings;
};

}  // namespace nova::search
