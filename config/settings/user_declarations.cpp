// Rows of config/settings/user_settings.hpp. Called by declarations().
#include "config/settings/declare.hpp"

namespace nova::config {

std::vector<declaration> user_declarations() {
  return {
      SETTING(user, bio_code_points, between(1, 2000), "Longest bio, code points."),
      SETTING(user, blocks_per_account, between(1, 100'000), "People that one account may block."),
  };
}

}  // namespace nova::config
