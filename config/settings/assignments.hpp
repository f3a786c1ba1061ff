// Settings as text, by name. Apart from settings.hpp, so that the command line does not depend on every domain.
#pragma once

#include <map>
#include <string>

namespace nova::config {

/// Name to value as text: "gateway.port" → "0".
using assignments = std::map<std::string, std::string>;

}  // namespace nova::config
