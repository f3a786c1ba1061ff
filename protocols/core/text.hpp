// Comparing text without its case, and rules for text that people see, shared by all domains: names, reactions, mentions. Text is valid UTF-8 without NUL (the
// codec at the edge has checked it).
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

/// Number of code points. Bytes that are no UTF-8 count one each.
std::size_t count_code_points(std::string_view text) noexcept;

/// A–Z become a–z; all other bytes stay. Identifiers are compared in this form.
std::string ascii_lower(std::string_view text);

/// True when both are the same text but for the case of A–Z: names of header fields, hosts, schemes.
bool same_ignoring_case(std::string_view a, std::string_view b) noexcept;
/// The form that HTML's `input type=email` accepts, with at most 254 bytes and 64 before the @.
bool valid_email(std::string_view text) noexcept;

/// Without spaces and tabs at both ends, as fields of HTTP and lists in them are read.
std::string_view without_blanks(std::string_view text) noexcept;

struct checked_name {
  std::string text;  ///< as it is kept: NFC, trimmed; empty when nothing but white space was given
  std::string_view problem;  ///< one sentence for a person; empty: none
};

/// The rule for every name that people see (display names, titles). A name is one line and shows something. Refused:
/// control characters, bidirectional controls, unassigned code points, marks without a base, and invisible code points
/// (Default_Ignorable_Code_Point, Cf) other than joiners and variation selectors behind a visible character.
checked_name check_name(std::string_view raw, std::size_t max_code_points);
checked_name check_display_name(std::string_view raw);

/// The one spelling of a reaction: NFC, U+FE0F exactly where Unicode's emoji list has it, so that variants that look alike
/// are equal. Empty unless the text is exactly one emoji sequence that is recommended for interchange (RGI).
std::optional<std::string> canonical_emoji(std::string_view raw);

/// The handles that a text mentions as @handle, in lower case, in their order, each once. A mention begins and ends at a
/// Unicode word boundary, and stands in no URL and in no code (text between backticks). Underscores around a mention may
/// be emphasis: then the handle is given with and without them.
std::vector<std::string> mentioned_handles(std::string_view text);

}  // namespace nova
