// Text with holes: what every output of the plugin is written with.
#pragma once

#include <map>
#include <string>

namespace nova::codegen {

using holes = std::map<std::string, std::string>;

/// `text` with each `$name$` replaced. A name without a value aborts: a broken generator.
std::string fill(const char* text, const holes& values);

/// "a|b|c" of a list of texts.
template <class Texts>
std::string joined(const Texts& texts, const char* between) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : between) + text;
  return out;
}

/// As a C++ string literal, or what is also a JSON or TypeScript one.
std::string quoted(const std::string& text);

}  // namespace nova::codegen
