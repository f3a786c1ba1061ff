// The one tokeniser of search: texts that are indexed, questions and highlights pass through it, so that they agree. Pure; used by
// the intake, query_rules and highlight_rules. Text is valid UTF-8 without NUL.
//
// A text is folded first: NFKC with case folding, so that case, full and half width are equal, and without the accents of
// letters. Then Chinese, Japanese and Korean become overlapping pairs of characters, because no space shows where their words
// begin. All other scripts become words, by Unicode's rules and, where a script has no spaces, by ICU's dictionaries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nova::search {

/// A longer term is cut here, in texts and questions alike. PostgreSQL takes less than 2 KiB.
inline constexpr std::size_t max_term_bytes = 200;
/// PostgreSQL's limits: a position behind the last one counts as the last one.
inline constexpr std::uint32_t last_position = 16'383;
inline constexpr std::size_t positions_of_a_term = 255;

enum class term_kind : std::uint8_t {
  word,
  pair,    ///< two characters of a run of Chinese, Japanese or Korean
  single,  ///< the last character of such a run
  tag,     ///< "#engines", beside the tag's words
  handle,  ///< "@ada", beside the handle's word
};

/// One term in its place. Places of a text are bytes.
struct term {
  std::string text;  ///< folded
  term_kind kind = term_kind::word;
  /// From 1. Each character of a run has one, each word has one; a tag has that of its first word.
  std::uint32_t position = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t first_end = 0;  ///< of a pair: where its first character ends; else `end`
};

/// Folds letters one by one: what is compared. Empty when nothing is left.
std::string folded(std::string_view text);

/// In the order of their positions.
std::vector<term> terms_of(std::string_view text);

/// The terms as PostgreSQL reads a tsvector: 'tea':1,4 'two':2. Each term once.
std::string vector_text(std::span<const term> terms);

/// A term as PostgreSQL reads it in a tsvector or tsquery.
std::string quoted_term(std::string_view term);

}  // namespace nova::search
