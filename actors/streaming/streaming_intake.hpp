// The events that streaming takes from other domains: who may see whose streams. Called by streaming_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <vector>

namespace nova::streaming {

std::vector<runtime::intake> intakes();

}  // namespace nova::streaming
