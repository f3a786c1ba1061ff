#include "protocols/codegen/checks.hpp"
namespace nova::codegen { std::vector<std::string> check(const contract&) { return {}; } }
