#include "protocols/core/text_parts.hpp"

#include "protocols/core/text.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <optional>

namespace nova {
namespace {

constexpr std::size_t min_handle = 3, max_handle = 30;

struct point {
  UChar32 c;
  std::size_t byte;
};

std::vector<point> points_of(std::string_view text) {
  std::vector<point> out;
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

bool cjk(UChar32 c) {
  UErrorCode failed = U_ZERO_ERROR;
  switch (uscript_getScript(c, &failed)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_HANGUL:
    case USCRIPT_BOPOMOFO: return true;
    default: return false;
  }
}

/// Punctuation and forms of full width, as CJK text has them.
bool wide(UChar32 c) { return (c >= 0x3000 && c <= 0x303F) || (c >= 0xFF00 && c <= 0xFFEF); }

bool word(UChar32 c) {
  return c >= 0 && (u_isalnum(c) || c == '_' || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0);
}

bool handle_letter(UChar32 c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool at_sign(UChar32 c) { return c == '@' || c == 0xFF20; }
bool hash_sign(UChar32 c) { return c == '#' || c == 0xFF03; }

/// One walk over a text.
struct scan {
  std::string_view text;
  std::vector<point> at;
  std::vector<text_part> found;

  std::string_view piece(std::size_t from, std::size_t to) const {
    const auto end = to < at.size() ? at[to].byte : text.size();
    return text.substr(at[from].byte, end - at[from].byte);
  }

  bool free_before(std::size_t i) const {
    if (i == 0) return true;
    const auto c = at[i - 1].c;
    return !at_sign(c) && !hash_sign(c) && c != '&' && c != '/' && (!word(c) || cjk(c));
  }

  bool free_behind(std::size_t i) const {
    return i == at.size() || (!at_sign(at[i].c) && (!word(at[i].c) || cjk(at[i].c)));
  }

  std::size_t add(part_kind kind, std::size_t from, std::size_t to, std::string value = {}) {
    found.push_back(
        {kind, static_cast<std::int64_t>(from), static_cast<std::int64_t>(to), std::move(value)});
    return to;
  }

  std::optional<std::size_t> link(std::size_t i) {
    const auto rest = text.substr(at[i].byte);
    const std::size_t scheme = same_ignoring_case(rest.substr(0, 8), "https://")  ? 8
                               : same_ignoring_case(rest.substr(0, 7), "http://") ? 7
                                                                                  : 0;
    if (scheme == 0 || (i > 0 && word(at[i - 1].c) && !cjk(at[i - 1].c))) return std::nullopt;
    auto end = i + scheme;
    while (end < at.size() && in_link(at[end].c)) ++end;
    while (end > i + scheme && !ends_link(i, end)) --end;
    if (end == i + scheme || !word(at[i + scheme].c)) return std::nullopt;
    return add(part_kind::link, i, end);
  }

  static bool in_link(UChar32 c) {
    constexpr std::string_view outside = "<>\"`{}|\\^";
    const bool ascii_outside =
        c >= 0 && c < 0x80 && outside.find(static_cast<char>(c)) != outside.npos;
    return c > ' ' && c != 0x7F && !ascii_outside && !u_isUWhiteSpace(c) && !cjk(c) && !wide(c);
  }

  /// Whether a link from `i` may end before `end`: not behind closing punctuation, but behind a bracket that it opened.
  bool ends_link(std::size_t i, std::size_t end) const {
    const auto last = at[end - 1].c;
    if (last == ')')
      return std::ranges::count(piece(i, end), '(') >= std::ranges::count(piece(i, end), ')');
    constexpr std::string_view closing = ".,;:!?'*]";
    return last >= 0x80 || closing.find(static_cast<char>(last)) == closing.npos;
  }

  std::optional<std::size_t> mention(std::size_t i) {
    if (!at_sign(at[i].c) || !free_before(i)) return std::nullopt;
    auto end = i + 1;
    while (end < at.size() && handle_letter(at[end].c)) ++end;
    const auto size = end - i - 1;
    if (size < min_handle || size > max_handle || !free_behind(end)) return std::nullopt;
    return add(part_kind::mention, i, end, ascii_lower(piece(i + 1, end)));
  }

  std::optional<std::size_t> hashtag(std::size_t i) {
    if (!hash_sign(at[i].c) || !free_before(i)) return std::nullopt;
    auto end = i + 1;
    while (end < at.size() && word(at[end].c)) ++end;
    auto tag = end > i + 1 ? folded_tag(piece(i + 1, end)) : std::string();
    if (tag.empty() || closes_tag(i)) return std::nullopt;
    return add(part_kind::hashtag, i, end, std::move(tag));
  }

  /// Of #tag# the second sign closes the first one.
  bool closes_tag(std::size_t i) const {
    return !found.empty() && found.back().kind == part_kind::hashtag &&
           found.back().end == static_cast<std::int64_t>(i);
  }

  void run() {
    for (std::size_t i = 0; i < at.size() && found.size() < max_text_parts;) {
      auto next = link(i);
      if (!next) next = mention(i);
      if (!next) next = hashtag(i);
      i = next.value_or(i + 1);
    }
  }
};

std::string case_folded(std::string_view text) {
  UErrorCode failed = U_ZERO_ERROR;
  const auto* fold = icu::Normalizer2::getNFKCCasefoldInstance(failed);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  if (U_SUCCESS(failed))
    fold->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())),
                        sink, nullptr, failed);
  return U_SUCCESS(failed) ? out : std::string();
}

}  // namespace

std::vector<text_part> parts_of(std::string_view text) {
  if (text.find_first_of("@#:") == text.npos && text.find("\xEF\xBC") == text.npos) return {};
  scan s{text, points_of(text), {}};
  s.run();
  return std::move(s.found);
}

std::string folded_tag(std::string_view raw) {
  auto tag = case_folded(raw);
  if (tag.starts_with('#')) tag.erase(0, 1);
  const auto points = points_of(tag);
  const bool fits = !points.empty() && points.size() <= max_tag_code_points &&
                    std::ranges::all_of(points, [](const point& p) { return word(p.c); }) &&
                    !std::ranges::all_of(points, [](const point& p) { return u_isdigit(p.c); });
  return fits ? tag : std::string();
}

}  // namespace nova
