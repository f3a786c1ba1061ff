// The question of a client: words that all must be there, "phrases", -exclusions, beginnings*, #tags and @handles. Pure; used by
// find_handlers and highlight_rules.
#pragma once

#include "actors/search/term_rules.hpp"
#include "protocols/core/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace nova::search {

inline constexpr std::size_t max_question_code_points = 256;

/// A term of the question. `begins`: any term that begins with it counts.
struct wanted_term {
  std::string text;
  bool begins = false;
  std::uint32_t position = 0;
  bool operator==(const wanted_term&) const = default;
};

/// One word, phrase, tag or handle: all its terms, at the distances of their positions.
struct wanted {
  std::vector<wanted_term> terms;  ///< not empty
  bool excluded = false;
  bool operator==(const wanted&) const = default;
};

/// Which documents are asked. People's names and handles are found by the beginnings of words, too.
enum class words_as : std::uint8_t { written, beginnings };

struct question {
  std::vector<wanted> parts;
  /// No word of the question can be looked for: it finds nothing.
  bool empty() const noexcept { return parts.empty(); }
};

/// Error: invalid_request, when the text is only white space or too long. Quotes, stars and signs count in full width, too; a
/// quote that is not closed goes on to the end.
result<question> parse_question(std::string_view q);

/// As PostgreSQL reads a tsquery. The question is not empty.
std::string query_text(const question& q, words_as how);

/// Whether the text has the characters of a handle, or of a handle's beginning.
bool like_handle(std::string_view text) noexcept;
/// Without the sign of a tag or handle.
std::string unsigned_text(std::string_view term);
/// With handles as plain words: how a handle itself is written.
question without_signs(const question& q);
/// The words as a person's name may be misspelt by them. Empty: there are exclusions, phrases, beginnings or tags, or so few
/// characters that many names are nearly like them.
std::string misspelt(const question& q);
/// Whether each word of a question that misspelt() takes begins a word of the handle or name, or differs from one by an edit (from
/// eight characters on by two): a character that is added, left out or replaced.
bool nearly_named(const question& q, std::string_view handle, std::string_view display_name);

}  // namespace nova::search
