// Events that search takes: posts, people and messages become documents; members, follows, blocks, privacy and ends decide which
// account may see them. All is one read model. Called by search_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <vector>

namespace nova::search {

std::vector<runtime::intake> intakes();

}  // namespace nova::search
