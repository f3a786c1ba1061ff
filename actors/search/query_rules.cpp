#include "actors/search/query_rules.hpp"

#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"
#include "protocols/core/text_parts.hpp"

#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace nova::search {
namespace {

constexpr UChar32 wide_quote = 0xFF02, left_quote = 0x201C, right_quote = 0x201D;
constexpr UChar32 wide_minus = 0xFF0D, wide_star = 0xFF0A, wide_hash = 0xFF03, wide_at = 0xFF20;
constexpr std::size_t max_handle = 30;

bool quote(UChar32 c) { return c == '"' || c == wide_quote || c == left_quote || c == right_quote; }
bool minus(UChar32 c) { return c == '-' || c == wide_minus; }
bool star(UChar32 c) { return c == '*' || c == wide_star; }

struct letter {
  UChar32 c;
  std::size_t byte;
};

std::vector<letter> letters_of(std::string_view text) {
  std::vector<letter> out;
  const auto* s = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    const auto at = static_cast<std::size_t>(i);
    UChar32 c = 0;
    U8_NEXT(s, i, size, c);
    out.push_back({c, at});
  }
  return out;
}

/// The last character of a run is a term of its own in a text; in a question the pair before it says the same.
std::vector<wanted_term> words_of(std::string_view text) {
  std::vector<wanted_term> out;
  bool in_run = false;
  for (auto& t : terms_of(text)) {
    if (t.kind == term_kind::tag || t.kind == term_kind::handle) continue;
    const bool last = t.kind == term_kind::single;
    if (!last || !in_run) out.push_back({std::move(t.text), last, t.position});
    in_run = t.kind == term_kind::pair;
  }
  return out;
}

class reading {
 public:
  explicit reading(std::string_view text) : text_(text), at_(letters_of(text)) {}

  question run() {
    while (skip_blanks()) {
      const bool excluded = minus(at_[i_].c) && i_ + 1 < at_.size() && !blank(i_ + 1);
      if (excluded) ++i_;
      if (quote(at_[i_].c)) phrase(excluded);
      else word(excluded);
    }
    return std::move(out_);
  }

 private:
  bool blank(std::size_t i) const { return u_isUWhiteSpace(at_[i].c) != 0; }
  bool skip_blanks() {
    while (i_ < at_.size() && blank(i_)) ++i_;
    return i_ < at_.size();
  }
  std::string_view piece(std::size_t from, std::size_t to) const {
    const auto begin = from < at_.size() ? at_[from].byte : text_.size();
    const auto end = to < at_.size() ? at_[to].byte : text_.size();
    return text_.substr(begin, end - begin);
  }
  void add(std::vector<wanted_term> terms, bool excluded) {
    if (!terms.empty()) out_.parts.push_back({std::move(terms), excluded});
  }

  void phrase(bool excluded) {
    const auto from = ++i_;
    while (i_ < at_.size() && !quote(at_[i_].c)) ++i_;
    add(words_of(piece(from, i_)), excluded);
    if (i_ < at_.size()) ++i_;
  }

  void word(bool excluded) {
    const auto from = i_;
    while (i_ < at_.size() && !blank(i_) && !quote(at_[i_].c)) ++i_;
    auto end = i_;
    while (end > from && star(at_[end - 1].c)) --end;
    const bool begins = end < i_ && end > from;
    auto terms = signed_word(from, end);
    if (terms.empty()) terms = words_of(piece(from, end));
    if (begins && !terms.empty()) terms.back().begins = true;
    add(std::move(terms), excluded);
  }

  /// A tag or a handle; empty: the word is neither.
  std::vector<wanted_term> signed_word(std::size_t from, std::size_t end) const {
    if (end - from < 2) return {};
    const auto sign = at_[from].c;
    const auto rest = piece(from + 1, end);
    if (sign == '#' || sign == wide_hash)
      if (const auto tag = folded_tag(rest); !tag.empty()) return {{'#' + folded(tag), false, 1}};
    if ((sign == '@' || sign == wide_at) && like_handle(rest))
      return {{'@' + ascii_lower(rest), false, 1}};
    return {};
  }

  const std::string_view text_;
  const std::vector<letter> at_;
  std::size_t i_ = 0;
  question out_;
};

std::string part_text(const wanted& part, words_as how) {
  std::string out;
  for (std::size_t i = 0; i < part.terms.size(); ++i) {
    const auto& t = part.terms[i];
    if (i > 0) out += " <" + std::to_string(t.position - part.terms[i - 1].position) + "> ";
    out += quoted_term(t.text);
    const bool last = i + 1 == part.terms.size();
    if (t.begins || (last && how == words_as::beginnings && !part.excluded)) out += ":*";
  }
  if (part.terms.size() > 1) out = "( " + out + " )";
  return part.excluded ? "!" + out : out;
}

}  // namespace

result<question> parse_question(std::string_view q) {
  if (count_code_points(q) > max_question_code_points)
    return invalid_field("q", "A question has at most 256 characters.");
  const auto all = letters_of(q);
  if (std::ranges::all_of(all, [](const letter& l) { return u_isUWhiteSpace(l.c) != 0; }))
    return invalid_field("q", "A question has a word to look for.");
  return reading(q).run();
}

bool like_handle(std::string_view text) noexcept {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text.size() <= max_handle && std::ranges::all_of(text, fits);
}

std::string unsigned_text(std::string_view term) {
  if (term.starts_with('@') || term.starts_with('#')) term.remove_prefix(1);
  return std::string(term);
}

question without_signs(const question& q) {
  auto out = q;
  for (auto& part : out.parts)
    for (auto& t : part.terms)
      if (t.text.starts_with('@')) t.text.erase(0, 1);
  return out;
}

std::string misspelt(const question& q) {
  constexpr std::size_t fewest_bytes = 4;
  std::string out;
  for (const auto& part : q.parts) {
    const auto& first = part.terms.front();
    if (part.excluded || part.terms.size() != 1 || first.begins || first.text.starts_with('#'))
      return {};
    out += (out.empty() ? "" : " ") + unsigned_text(first.text);
  }
  return out.size() < fewest_bytes ? std::string() : out;
}

namespace {

std::u32string code_points(std::string_view text) {
  icu::UnicodeString read =
      icu::UnicodeString::fromUTF8({text.data(), static_cast<int>(text.size())});
  std::u32string out(static_cast<std::size_t>(read.countChar32()), U'\0');
  UErrorCode fault = U_ZERO_ERROR;
  read.toUTF32(reinterpret_cast<UChar32*>(out.data()), static_cast<int>(out.size()), fault);
  return out;
}

// Levenshtein's distance: characters that are added, left out or replaced.
std::size_t edits(const std::u32string& a, const std::u32string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[b.size()];
}

std::size_t edits_allowed(std::size_t characters) {
  return characters < 4 ? 0 : characters < 8 ? 1 : 2;
}

}  // namespace

bool nearly_named(const question& q, std::string_view handle, std::string_view display_name) {
  std::vector<std::u32string> words{code_points(folded(handle))};
  for (const auto& t : terms_of(display_name)) words.push_back(code_points(t.text));
  return std::ranges::all_of(q.parts, [&](const wanted& part) {
    const auto asked = code_points(unsigned_text(part.terms.front().text));
    return std::ranges::any_of(words, [&](const std::u32string& word) {
      return word.starts_with(asked) || edits(asked, word) <= edits_allowed(asked.size());
    });
  });
}

std::string query_text(const question& q, words_as how) {
  std::string out;
  for (const auto& part : q.parts) {
    if (!out.empty()) out += " & ";
    out += part_text(part, how);
  }
  return out;
}

}  // namespace nova::search
