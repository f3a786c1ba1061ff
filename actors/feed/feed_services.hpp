// Settings and keys of the domain: context::service<feed_services>().
#pragma once

#include "actors/feed/page_tokens.hpp"
#include "config/settings/feed_settings.hpp"

namespace nova::feed {

struct feed_services {
  config::feed_settings settings;
  page_tokens cursors;
};

}  // namespace nova::feed
