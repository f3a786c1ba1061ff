// What a fuzz target claims about the code: a broken claim ends the run like a crash does. Used by all targets.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace nova::fuzz {

/// Aborts with the claim's text unless it is true; libFuzzer then keeps the input.
inline void claim(bool truth, std::string_view text, std::string_view seen = {}) {
  if (truth) return;
  std::fprintf(stderr, "broken claim: %.*s\n", static_cast<int>(text.size()), text.data());
  if (!seen.empty())
    std::fprintf(stderr, "seen: %.*s\n", static_cast<int>(seen.size()), seen.data());
  std::abort();
}

}  // namespace nova::fuzz
