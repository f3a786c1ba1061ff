// Comparing text without regard to case, and rules for text that people see: names, reactions, mentions. Used by all domains.
// Text is valid UTF-8 without NUL; the codec at the edge has checked this.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova {

inline constexpr std::size_t max_display_name_code_points = 64;
inline constexpr std::size_t max_title_code_points = 400;
inline constexpr std::size_t max_emoji_bytes = 64;

/// Number of code points. Each byte that is not valid UTF-8 counts as one.
std::size_t count_code_points(std::string_view text) noexcept;

/// A–Z become a–z; all other bytes stay. Identifiers are compared in this form.
std::string ascii_lower(std::string_view text);

/// True when both texts are equal, apart from the case of A–Z. For names of header fields, hosts and schemes.
bool same_ignoring_case(std::string_view a, std::string_view b) noexcept;
/// The form that HTML's `input type=email` accepts, with at most 254 bytes and 64 before the @.
bool valid_email(std::string_view text) noexcept;

/// Removes spaces and tabs at both ends, as HTTP requires for header fields and their lists.
std::string_view without_blanks(std::string_view text) noexcept;

struct checked_name {
  std::string text;          ///< as it is kept: NFC, trimmed; empty when there was no text
  std::string_view problem;  ///< one sentence for a person; empty: none
};

/// The rule for every name that people see (display names, titles). A name is one line and shows something. Refused are
/// control characters, bidirectional controls, unassigned code points and marks without a base. Also refused are invisible code points
/// (Default_Ignorable_Code_Point, Cf), except joiners and variation selectors behind a visible character.
checked_name check_name(std::string_view raw, std::size_t max_code_points);
checked_name check_display_name(std::string_view raw);

/// The one spelling of a reaction: NFC, with U+FE0F exactly where Unicode's emoji list has it. So variants that look alike
/// are equal. Empty unless the text is exactly one emoji sequence that Unicode recommends for interchange (RGI).
std::optional<std::string> canonical_emoji(std::string_view raw);

/// The handles that a text mentions as @handle: in lower case, in order, each once. A mention begins and ends at a Unicode
/// word boundary. It may not stand in a URL or in code (text between backticks). Underscores around a mention may
/// be emphasis, so such a handle is returned with and without them.
std::vector<std::string> mentioned_handles(std::string_view text);

inline constexpr std::size_t max_folded_words = 64;
/// The words of a name, for finding it: case, width and accents are folded, each word once. `with_rests`: of a word in
/// Chinese or Japanese also the rest from each of its characters, because no space shows where its parts begin.
std::vector<std::string> folded_words(std::string_view text, bool with_rests);

}  // namespace nova
