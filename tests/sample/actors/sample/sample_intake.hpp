// The events that sample takes from other domains: auth's new account gets its first note. Called by sample_descriptor.
#pragma once

#include "actors/runtime/api/domain.hpp"

#include <vector>

namespace nova::sample {

std::vector<runtime::intake> intakes();

}  // namespace nova::sample
