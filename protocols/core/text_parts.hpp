// The mentions, hashtags and links of a text, with their places. Used by content and search; pure. Text is valid UTF-8 without NUL (the codec at the edge has checked it).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nova {

/// Parts that one text may have; what follows is plain text.
inline constexpr std::size_t max_text_parts = 100;
inline constexpr std::size_t max_tag_code_points = 100;

enum class part_kind : std::uint8_t { mention, hashtag, link };

struct text_part {
  part_kind kind;
  /// In code points. The sign belongs to the part; the end is the first code point behind it.
  std::int64_t start, end;
  std::string value;  ///< of a mention the handle in lower case, of a hashtag the folded tag
  bool operator==(const text_part&) const = default;
};

/// In their order, without overlaps.
/// - A mention is @ and 3 to 30 of [A-Za-z0-9_]; a hashtag is # and letters, marks, digits or _, not digits alone. Each
///   begins where no word goes on. Chinese, Japanese and Korean write no spaces, so their characters end no word here.
/// - A link begins with http:// or https:// and ends at white space, at a CJK character, or before closing punctuation.
/// - Full-width signs count as well.
std::vector<text_part> parts_of(std::string_view text);

/// The one spelling of a tag: NFKC with case folding, so that case and width do not count. A sign before it is dropped.
/// Empty: this is no tag.
std::string folded_tag(std::string_view tag);

}  // namespace nova
