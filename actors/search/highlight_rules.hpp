// The part of a text that shows why it was found, with the places of the question's words. Pure; used by find_handlers.
#pragma once

#include "actors/search/query_rules.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace nova::search {

/// Code points of a snippet; a hit at its end is not cut.
inline constexpr std::size_t snippet_code_points = 240;
/// Of them before the first hit.
inline constexpr std::size_t snippet_lead_code_points = 60;

struct snippet_part {
  std::string text;
  bool hit = false;
  bool operator==(const snippet_part&) const = default;
};

/// Joined, the parts are a piece of the text as it was written. Hits and other parts take turns; no part is empty. Without a hit
/// it is the text's beginning.
std::vector<snippet_part> snippet(std::string_view text, const question& q, words_as how);

/// Whether a word of the question is in the text.
bool has_hit(const std::vector<snippet_part>& parts) noexcept;

}  // namespace nova::search
