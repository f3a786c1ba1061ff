// Cursors of a feed: authenticated, bound to the account, good for an hour. Made and read by page_handlers.
#pragma once

#include "protocols/core/error.hpp"
#include "protocols/core/ids.hpp"

#include <array>
#include <string>
#include <string_view>

namespace nova::feed {

inline constexpr unix_ms cursor_life_ms = 3'600'000;

/// Where a page ends.
struct page_position {
  bool ranked = false;
  unix_ms as_of = 0;       ///< time of the first page
  std::int64_t shown = 0;  ///< entries of this page and those before it
  unix_ms at = 0;          ///< of the last entry; not when ranked
  uuid post_id{};
};

class page_tokens {
 public:
  /// `secret`: the installation's, at least 32 bytes.
  explicit page_tokens(std::string_view secret);

  std::string make(const uuid& account, const page_position& p, unix_ms now) const;
  /// Error: invalid_request, when the account did not get this cursor or it has expired.
  result<page_position> read(const uuid& account, std::string_view cursor, unix_ms now) const;

 private:
  std::array<std::uint8_t, 32> key_{};
};

}  // namespace nova::feed
