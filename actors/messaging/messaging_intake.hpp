// What messaging takes from user's events: display names and handles, and who blocks whom.
#pragma once

#include "actors/runtime/api/domain.hpp"

namespace nova::messaging {

std::vector<runtime::intake> intakes();

}  // namespace nova::messaging
