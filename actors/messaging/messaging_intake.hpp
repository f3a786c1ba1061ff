// messaging's read model of user's events: display names, handles, blocks, follows, privacy settings.
#pragma once

#include "actors/runtime/api/domain.hpp"

namespace nova::messaging {

std::vector<runtime::intake> intakes();

}  // namespace nova::messaging
