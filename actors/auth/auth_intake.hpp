// The events of other domains that auth takes: their answers to the erasing of an account. Used by auth_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <vector>

namespace nova::auth {

std::vector<runtime::intake> intakes();

}  // namespace nova::auth
