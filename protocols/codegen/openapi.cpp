#include "protocols/codegen/outputs.hpp"
namespace nova::codegen { std::string openapi_text(const contract&) { return "{}"; } }
