// The events that media takes: posts, comments, messages and profiles name media (rows of `reference`), accounts end. Called by
// media_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <vector>

namespace nova::media {

std::vector<runtime::intake> intakes();

}  // namespace nova::media
