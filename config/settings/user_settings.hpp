// Limits of profiles and blocks. Filled by config/settings, read by actors/user.
#pragma once

#include <cstdint>

namespace nova::config {

struct user_settings {
  /// Longest bio, code points. 1–2000.
  std::uint32_t bio_code_points = 500;
  /// People that one account may block. 1–100000.
  std::uint32_t blocks_per_account = 10'000;
};

}  // namespace nova::config
