// The events of other domains that auth takes: their answers to the erasing of an account. Used by auth_descriptor.
#pragma once

#include "actors/runtime/api/module.hpp"

#include <span>
#include <vector>

namespace nova::auth {

std::vector<runtime::intake> intakes(const runtime::account_answers& answers);

}  // namespace nova::auth
