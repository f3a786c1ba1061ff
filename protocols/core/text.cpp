// Names shared by several domains, on ICU's character properties. See text.hpp.
#include "protocols/core/text.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

namespace nova {
namespace {

bool misleads(UChar32 c) {
  switch (u_charType(c)) {
    case U_CONTROL_CHAR:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
    case U_SURROGATE:
      return true;
    default:
      break;
  }
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool shows_nothing(UChar32 c) { return u_isUWhiteSpace(c) || u_charType(c) == U_FORMAT_CHAR; }

}  // namespace

std::size_t count_code_points(std::string_view text) noexcept {
  std::size_t count = 0;
  const auto* s = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size; ++count) U8_FWD_1(s, i, size);
  return count;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

checked_name check_display_name(std::string_view raw) {
  const auto* s = reinterpret_cast<const std::uint8_t*>(raw.data());
  const auto size = static_cast<std::int32_t>(raw.size());
  std::int32_t begin = size, end = 0;
  bool visible = false, bad = false;
  for (std::int32_t i = 0; i < size;) {
    const auto at = i;
    UChar32 c = 0;
    U8_NEXT(s, i, size, c);
    if (c >= 0 && u_isUWhiteSpace(c)) continue;
    begin = std::min(begin, at);
    end = i;
    visible = visible || (c >= 0 && !shows_nothing(c));
    bad = bad || c < 0;
  }
  if (begin >= end) return {};
  const auto kept = raw.substr(begin, end - begin);
  for (std::int32_t i = begin; i < end && !bad;) {
    UChar32 c = 0;
    U8_NEXT(s, i, end, c);
    bad = c < 0 || misleads(c);
  }
  if (bad) return {{}, "Control characters and directional overrides are not allowed."};
  if (count_code_points(kept) > max_display_name_code_points)
    return {{}, "At most 64 characters are allowed."};
  if (!visible) return {};
  return {std::string(kept), {}};
}

}  // namespace nova
