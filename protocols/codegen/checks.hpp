// The rules that a .proto file must follow, reported as protoc errors at generation time. Called by generator.cpp.
#pragma once

#include "protocols/codegen/contract.hpp"

namespace nova::codegen {

/// Returns one line for each fault, with the name of the declaration; an empty list means no fault. Names and numbers are
/// compared across domains only when `all` holds every domain, as in the "tables" mode.
std::vector<std::string> check(const contract& all);

}  // namespace nova::codegen
