// Settings as text, by name. Separate from settings.hpp, so the command line does not depend on every domain.
#pragma once

#include <map>
#include <string>

namespace nova::config {

/// From name to value as text: "gateway.port" → "0".
using assignments = std::map<std::string, std::string>;

}  // namespace nova::config
