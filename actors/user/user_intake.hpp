// The events that user takes. auth's registered account becomes a profile. Of its own events user keeps the followers of
// each account, and carries requests, their answers, blocks and notices to the other side. content's events count posts and
// become notices. Called by user_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <vector>

namespace nova::user {

std::vector<runtime::intake> intakes();

}  // namespace nova::user
