// The domains of this Nova, in the order of their start. gateway/main.cpp runs them; tests of all domains use
// the same list. The source is made from NOVA_DOMAINS (actors/domain_modules.cpp.in).
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/settings.hpp"

#include <vector>

namespace nova {

using listed_module = runtime::domain_module<config::settings>;

const std::vector<listed_module>& domain_modules();

}  // namespace nova
