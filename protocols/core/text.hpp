// Rules for names that several domains share: what auth accepts at registration, user accepts at an
// update. Text is valid UTF-8 without NUL (the codec at the edge has checked it).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nova {

inline constexpr std::size_t max_display_name_code_points = 64;

/// Number of code points. Bytes that are no UTF-8 count one each.
std::size_t count_code_points(std::string_view text) noexcept;

/// A–Z become a–z; all other bytes stay. Identifiers are compared in this form.
std::string ascii_lower(std::string_view text);

struct checked_name {
  std::string text;          ///< as it is kept; empty when nothing visible was given
  std::string_view problem;  ///< one sentence for a person; empty: none
};

/// Trims Unicode white space at both ends. Refuses more than 64 code points, control characters,
/// line separators and directional overrides (they make one name look like another).
checked_name check_display_name(std::string_view raw);

}  // namespace nova
