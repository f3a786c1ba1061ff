#include "actors/search/term_rules.hpp"

#include "protocols/core/text_parts.hpp"

#include <unicode/brkiter.h>
#include <unicode/bytestream.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>

namespace nova::search {
namespace {

/// A folded code point and the bytes of the text that it came from.
struct point {
  UChar32 c;
  std::uint32_t begin, end;
};

constexpr UChar32 voiced_mark = 0x3099, semi_voiced_mark = 0x309A;
constexpr UChar32 typographic_apostrophe = 0x2019;

struct foldings {
  const icu::Normalizer2* case_folding;
  const icu::Normalizer2* decomposing;
};

const foldings& icu_foldings() {
  static const foldings all = [] {
    UErrorCode code = U_ZERO_ERROR;
    const foldings f{icu::Normalizer2::getNFKCCasefoldInstance(code),
                     icu::Normalizer2::getNFDInstance(code)};
    if (U_FAILURE(code)) throw std::runtime_error("ICU has no normalisation data");
    return f;
  }();
  return all;
}

/// Marks that make another spelling of the same letter. Marks of kana and of Indic and Thai vowels are letters of their own.
bool accent(UChar32 c) {
  return (c >= 0x0300 && c <= 0x036F) || (c >= 0x1AB0 && c <= 0x1AFF) ||
         (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF);
}

bool cjk(UChar32 c) {
  if (c < 0x1100) return false;
  if (c == voiced_mark || c == semi_voiced_mark) return true;
  if (!u_hasBinaryProperty(c, UCHAR_ALPHABETIC)) return false;
  for (const auto script :
       {USCRIPT_HAN, USCRIPT_HIRAGANA, USCRIPT_KATAKANA, USCRIPT_HANGUL, USCRIPT_BOPOMOFO})
    if (uscript_hasScript(c, script)) return true;
  return false;
}

bool in_word(UChar32 c) {
  constexpr auto more = U_GC_M_MASK | U_GC_NL_MASK | U_GC_NO_MASK;
  return u_isalnum(c) || c == '_' || (U_GET_GC_MASK(c) & more) != 0;
}

/// Pictures are words of one character.
bool picture(UChar32 c) {
  return c > 0x7F && !in_word(c) && u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC);
}

/// An accent that stands alone belongs to the letter before it.
void add_folded(std::vector<point>& out, UChar32 c, std::uint32_t begin, std::uint32_t end) {
  if (c < 0x80) return out.push_back({c, begin, end});
  if (c == typographic_apostrophe) return out.push_back({'\'', begin, end});
  if (accent(c)) {
    if (!out.empty()) out.back().end = std::max(out.back().end, end);
    return;
  }
  icu::UnicodeString parts;
  if (!icu_foldings().decomposing->getDecomposition(c, parts))
    return out.push_back({c, begin, end});
  bool accented = false;
  for (std::int32_t i = 0; i < parts.length(); i = parts.moveIndex32(i, 1))
    accented = accented || accent(parts.char32At(i));
  if (!accented) return out.push_back({c, begin, end});
  for (std::int32_t i = 0; i < parts.length(); i = parts.moveIndex32(i, 1))
    if (const auto part = parts.char32At(i); !accent(part)) out.push_back({part, begin, end});
}

std::vector<point> ascii_points(std::string_view text) {
  std::vector<point> out;
  out.reserve(text.size());
  for (std::uint32_t i = 0; i < text.size(); ++i)
    out.push_back({u_tolower(static_cast<std::uint8_t>(text[i])), i, i + 1});
  return out;
}

std::vector<point> folded_points(std::string_view text) {
  const auto ascii = [](char c) { return static_cast<std::uint8_t>(c) < 0x80; };
  if (std::ranges::all_of(text, ascii)) return ascii_points(text);
  UErrorCode code = U_ZERO_ERROR;
  std::string once;
  icu::StringByteSink<std::string> sink(&once);
  icu::Edits edits;
  icu_foldings().case_folding->normalizeUTF8(
      0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink, &edits, code);
  if (U_FAILURE(code)) return {};
  std::vector<point> out;
  out.reserve(once.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(once.data());
  const auto size = static_cast<std::int32_t>(once.size());
  auto span = edits.getFineIterator();
  while (span.next(code)) {
    const auto from = static_cast<std::uint32_t>(span.sourceIndex());
    const auto to = from + static_cast<std::uint32_t>(span.oldLength());
    const auto start = span.destinationIndex();
    for (std::int32_t i = start; i < start + span.newLength();) {
      const auto at = static_cast<std::uint32_t>(i - start);
      UChar32 c = 0;
      U8_NEXT(bytes, i, size, c);
      if (span.hasChange()) add_folded(out, c, from, to);
      else add_folded(out, c, from + at, from + static_cast<std::uint32_t>(i - start));
    }
  }
  return out;
}

void append(std::string& to, UChar32 c) {
  char unit[U8_MAX_LENGTH];
  std::int32_t size = 0;
  U8_APPEND_UNSAFE(unit, size, c);
  to.append(unit, static_cast<std::size_t>(size));
}

void cut(std::string& text) {
  if (text.size() <= max_term_bytes) return;
  auto end = max_term_bytes;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
}

// Making one reads ICU's rules; a clone of it is cheap.
std::unique_ptr<icu::BreakIterator> word_breaks() {
  static const std::unique_ptr<const icu::BreakIterator> first = [] {
    UErrorCode code = U_ZERO_ERROR;
    std::unique_ptr<const icu::BreakIterator> made(
        icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), code));
    if (U_FAILURE(code)) throw std::runtime_error("ICU has no rules for words");
    return made;
  }();
  return std::unique_ptr<icu::BreakIterator>(first->clone());
}

/// One walk over a folded text.
class walk {
 public:
  explicit walk(std::vector<point> points) : points_(std::move(points)) {}

  std::vector<term> run() {
    for (std::size_t i = 0; i < points_.size();) {
      auto end = i + 1;
      const bool run = cjk(points_[i].c);
      while (end < points_.size() && cjk(points_[end].c) == run) ++end;
      if (run) pairs(i, end);
      else words(i, end);
      i = end;
    }
    return std::move(found_);
  }

 private:
  void add(std::size_t from, std::size_t to, term_kind kind) {
    term t;
    t.kind = kind;
    for (auto i = from; i < to; ++i) append(t.text, points_[i].c);
    cut(t.text);
    t.position = ++position_;
    t.begin = points_[from].begin;
    t.end = points_[to - 1].end;
    t.first_end = kind == term_kind::pair ? points_[from].end : t.end;
    found_.push_back(std::move(t));
  }

  void pairs(std::size_t from, std::size_t to) {
    for (auto i = from; i + 1 < to; ++i) add(i, i + 2, term_kind::pair);
    add(to - 1, to, term_kind::single);
  }

  /// Letters and digits alone: one word each, without a look at ICU's rules.
  bool plain(std::size_t from, std::size_t to) const {
    for (auto i = from; i < to; ++i)
      if (points_[i].c >= 0x0250) return false;
    return true;
  }

  void words(std::size_t from, std::size_t to) {
    if (plain(from, to)) return pieces(from, to);
    icu::UnicodeString text;
    std::vector<std::size_t> point_at;
    for (auto i = from; i < to; ++i) {
      text.append(points_[i].c);
      point_at.resize(static_cast<std::size_t>(text.length()), i);
    }
    point_at.push_back(to);
    if (!breaks_) breaks_ = word_breaks();
    breaks_->setText(text);
    for (auto a = breaks_->first(), b = breaks_->next(); b != icu::BreakIterator::DONE;
         a = b, b = breaks_->next())
      pieces(point_at[static_cast<std::size_t>(a)], point_at[static_cast<std::size_t>(b)]);
  }

  /// ICU keeps "example.org" and "l'école" whole; here each part is a word, so that it is found alone.
  void pieces(std::size_t from, std::size_t to) {
    for (auto i = from; i < to;) {
      auto end = i + 1;
      const bool word = in_word(points_[i].c);
      while (word && end < to && in_word(points_[end].c)) ++end;
      if (word || picture(points_[i].c)) add(i, end, term_kind::word);
      i = end;
    }
  }

  const std::vector<point> points_;
  std::vector<term> found_;
  std::uint32_t position_ = 0;
  std::unique_ptr<icu::BreakIterator> breaks_;
};

/// Bytes of the code points where the parts begin and end.
class code_points {
 public:
  explicit code_points(std::string_view text) : text_(text) {}
  /// Of ascending numbers.
  std::uint32_t byte_of(std::int64_t number) {
    for (; at_ < number && byte_ < text_.size(); ++at_) do
        ++byte_;
      while (byte_ < text_.size() && (static_cast<std::uint8_t>(text_[byte_]) & 0xC0) == 0x80);
    return static_cast<std::uint32_t>(byte_);
  }

 private:
  const std::string_view text_;
  std::int64_t at_ = 0;
  std::size_t byte_ = 0;
};

void add_signs(std::vector<term>& terms, std::string_view text) {
  code_points places(text);
  std::vector<term> signs;
  for (const auto& part : parts_of(text)) {
    if (part.kind == part_kind::link) continue;
    const bool tag = part.kind == part_kind::hashtag;
    term t;
    t.kind = tag ? term_kind::tag : term_kind::handle;
    t.text = (tag ? '#' : '@') + folded(part.value);
    cut(t.text);
    t.begin = places.byte_of(part.start);
    t.end = t.first_end = places.byte_of(part.end);
    const auto first = std::ranges::lower_bound(terms, t.begin, {}, &term::begin);
    t.position = first == terms.end() ? 1 : first->position;
    signs.push_back(std::move(t));
  }
  if (signs.empty()) return;
  std::ranges::move(signs, std::back_inserter(terms));
  std::ranges::stable_sort(terms, {}, &term::position);
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out;
  for (const auto& p : folded_points(text)) append(out, p.c);
  return out;
}

std::vector<term> terms_of(std::string_view text) {
  auto out = walk(folded_points(text)).run();
  add_signs(out, text);
  return out;
}

std::string quoted_term(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out += '\'';
}

std::string vector_text(std::span<const term> terms) {
  std::map<std::string_view, std::vector<std::uint32_t>> by_text;
  for (const auto& t : terms) {
    auto& at = by_text[t.text];
    if (at.size() < positions_of_a_term) at.push_back(std::min(t.position, last_position));
  }
  std::string out;
  for (const auto& [text, positions] : by_text) {
    if (!out.empty()) out += ' ';
    out += quoted_term(text);
    char before = ':';
    for (const auto position : positions) {
      out += before + std::to_string(position);
      before = ',';
    }
  }
  return out;
}

}  // namespace nova::search
