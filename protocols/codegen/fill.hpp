// Text with holes: what every output of the plugin is written with.
#pragma once

#include <map>
#include <string>

namespace nova::codegen {

using holes = std::map<std::string, std::string>;

/// `text` with each `$name$` replaced. A name without a value aborts: a broken generator.
std::string fill(const char* text, const holes& values);

/// As a C++ string literal, or what is also a JSON or TypeScript one.
std::string quoted(const std::string& text);

}  // namespace nova::codegen
