// The events that content takes. auth tells of closed accounts; user of handles, private accounts, follows and blocks; content itself of posts that
// quote another one. Called by content_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <vector>

namespace nova::content {

std::vector<runtime::intake> intakes();

}  // namespace nova::content
