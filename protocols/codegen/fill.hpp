// Text templates with named holes; every output of the plugin is written with them.
#pragma once

#include <map>
#include <string>

namespace nova::codegen {

using holes = std::map<std::string, std::string>;

/// `text` with each `$name$` replaced. A name without a value aborts: a broken generator.
std::string fill(const char* text, const holes& values);

/// Joins the texts with `between`: "a|b|c".
template <class Texts>
std::string joined(const Texts& texts, const char* between) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : between) + text;
  return out;
}

/// Quotes `text` as a C++ string literal, which is also a valid JSON and TypeScript string.
std::string quoted(const std::string& text);

}  // namespace nova::codegen
