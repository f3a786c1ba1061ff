// Prints the example configuration. Used by the target update_example; `nova doctor --example` prints the same.
#include "config/settings/declaration.hpp"

#include <cstdio>

int main() {
  const auto text = nova::config::example_toml();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
