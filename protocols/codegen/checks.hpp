// What a .proto must keep to, told as protoc errors at generation time. Called by generator.cpp.
#pragma once

#include "protocols/codegen/contract.hpp"

namespace nova::codegen {

/// One line for each fault, with the name of the declaration; empty: sound. Uniqueness across
/// domains is checked when `all` holds all of them, which is the case in the "tables" mode.
std::vector<std::string> check(const contract& all);

}  // namespace nova::codegen
