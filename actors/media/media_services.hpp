// The services of the domain, given at its start: context::service<media_services>().
#pragma once

#include "config/settings/media_settings.hpp"
#include "protocols/core/signed_urls.hpp"

namespace nova::media {

struct media_services {
  config::media_settings settings;
  url_signer signer;
};

}  // namespace nova::media
