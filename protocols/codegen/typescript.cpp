#include "protocols/codegen/outputs.hpp"
namespace nova::codegen { std::string typescript_text(const contract&) { return "export {};\n"; } }
