// The events that user takes from other domains: auth's new account becomes a profile. Called by
// user_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <vector>

namespace nova::user {

std::vector<runtime::intake> intakes();

}  // namespace nova::user
