#include "protocols/core/text.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <unordered_set>

namespace nova {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr UChar32 braille_blank = 0x2800;
constexpr UChar32 variation_16 = 0xFE0F;

/// Calls take(c, begin, end) for each code point; c is negative where the bytes are no UTF-8.
template <class Take>
void each_code_point(std::string_view text, Take take) {
  const auto* s = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    const auto begin = i;
    UChar32 c = 0;
    U8_NEXT(s, i, size, c);
    take(c, static_cast<std::size_t>(begin), static_cast<std::size_t>(i));
  }
}

std::optional<std::string> composed(std::string_view text) {
  UErrorCode failed = U_ZERO_ERROR;
  const auto* nfc = icu::Normalizer2::getNFCInstance(failed);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  if (U_SUCCESS(failed))
    nfc->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())),
                       sink, nullptr, failed);
  if (U_FAILURE(failed)) return {};
  return out;
}

std::string_view trimmed(std::string_view text) {
  std::size_t begin = text.size(), end = 0;
  each_code_point(text, [&](UChar32 c, std::size_t from, std::size_t to) {
    if (c >= 0 && u_isUWhiteSpace(c)) return;
    begin = std::min(begin, from);
    end = to;
  });
  return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

bool mark(UChar32 c) { return (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0; }

/// May stand in a name behind a visible character: it changes how the character looks.
bool shapes(UChar32 c) {
  const bool tag = c >= 0xE0020 && c <= 0xE007F;  // of the flags of regions
  return tag || u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL) ||
         u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR);
}

bool forbidden(UChar32 c) {
  if (c < 0 || u_hasBinaryProperty(c, UCHAR_BIDI_CONTROL)) return true;
  switch (u_charType(c)) {
    case U_CONTROL_CHAR:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
    case U_SURROGATE:
    case U_UNASSIGNED: return true;
    case U_FORMAT_CHAR: return !u_hasBinaryProperty(c, UCHAR_PREPENDED_CONCATENATION_MARK);
    default: return u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
  }
}

constexpr std::size_t max_email_bytes = 254, max_email_local_bytes = 64, max_host_label_bytes = 63;

bool alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool local_character(char c) {
  return alphanumeric(c) ||
         std::string_view(".!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos;
}

bool valid_host_label(std::string_view label) {
  return !label.empty() && label.size() <= max_host_label_bytes && label.front() != '-' &&
         label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return alphanumeric(c) || c == '-'; });
}

bool word(UChar32 c) { return c >= 0 && (u_isalnum(c) || mark(c) || c == '_'); }

bool handle_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Blanks out URLs and code, byte by byte, so that positions stay.
std::string without_links_and_code(std::string_view text) {
  std::string out(text);
  for (std::size_t at = 0; (at = out.find('`', at)) != std::string::npos;) {
    const auto ticks = std::min(out.find_first_not_of('`', at), out.size()) - at;
    const auto fence = std::string(ticks, '`');
    const auto end = out.find(fence, at + ticks);
    if (end == std::string::npos) {
      at += ticks;
      continue;
    }
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(at),
              out.begin() + static_cast<std::ptrdiff_t>(end + ticks), ' ');
    at = end + ticks;
  }
  constexpr std::string_view blanks = " \t\r\n";
  for (std::size_t at = 0; (at = out.find_first_not_of(blanks, at)) != std::string::npos;) {
    const auto end = std::min(out.find_first_of(blanks, at), out.size());
    const auto piece = std::string_view(out).substr(at, end - at);
    auto link = std::min(piece.find("://"), piece.find("www."));
    const auto path = piece.find('/');  // example.org/@somebody
    if (path != std::string_view::npos && piece.substr(0, path).find('.') < path) link = 0;
    if (link != std::string_view::npos)
      std::fill(out.begin() + static_cast<std::ptrdiff_t>(at + link),
                out.begin() + static_cast<std::ptrdiff_t>(end), ' ');
    at = end;
  }
  return out;
}

constexpr std::size_t min_handle_bytes = 3, max_handle_bytes = 30;

/// Handles in their order, each once.
struct handle_list {
  void add(std::string_view handle) {
    if (handle.size() < min_handle_bytes || handle.size() > max_handle_bytes) return;
    auto lower = ascii_lower(handle);
    if (seen.insert(lower).second) found.push_back(std::move(lower));
  }
  std::vector<std::string> found;
  std::unordered_set<std::string> seen;
};

/// The code point that ends before `at`; −1: none.
UChar32 before(std::string_view text, std::size_t at) {
  if (at == 0) return -1;
  const auto* s = reinterpret_cast<const std::uint8_t*>(text.data());
  auto i = static_cast<std::int32_t>(at);
  UChar32 c = 0;
  U8_PREV(s, 0, i, c);
  return c;
}

UChar32 behind(std::string_view text, std::size_t at) {
  if (at >= text.size()) return -1;
  const auto* s = reinterpret_cast<const std::uint8_t*>(text.data());
  auto i = static_cast<std::int32_t>(at);
  UChar32 c = 0;
  U8_NEXT(s, i, static_cast<std::int32_t>(text.size()), c);
  return c;
}

/// A character of a script that writes words without spaces between them.
bool without_spaces(UChar32 c) {
  UErrorCode failed = U_ZERO_ERROR;
  const auto script = uscript_getScript(c, &failed);
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA;
}

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
  for (auto& c : out) c = lower(c);
  return out;
}

bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view without_blanks(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool valid_email(std::string_view text) noexcept {
  if (text.size() > max_email_bytes) return false;
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > max_email_local_bytes) return false;
  if (!std::ranges::all_of(text.substr(0, at), local_character)) return false;
  auto host = text.substr(at + 1);
  for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.')) {
    if (!valid_host_label(host.substr(0, dot))) return false;
    host.remove_prefix(dot + 1);
  }
  return valid_host_label(host);
}

checked_name check_name(std::string_view raw, std::size_t max_code_points) {
  const auto nfc = composed(raw);
  if (!nfc) return {{}, "This is no text."};
  const auto kept = trimmed(*nfc);
  bool based = false, shows = false, bad = false;
  each_code_point(kept, [&](UChar32 c, std::size_t, std::size_t) {
    if (c >= 0 && (shapes(c) || (mark(c) && !forbidden(c)))) {
      bad = bad || !based;
      return;
    }
    bad = bad || forbidden(c);
    based = c >= 0 && !u_isUWhiteSpace(c);
    shows = shows || (based && c != braille_blank);
  });
  if (bad)
    return {{},
            "Control characters, directional controls and invisible characters are not allowed."};
  if (!raw.empty() && !shows) return {{}, "A name shows something."};
  if (count_code_points(kept) > max_code_points) return {{}, "The name is too long."};
  return {std::string(kept), {}};
}

checked_name check_display_name(std::string_view raw) {
  auto checked = check_name(raw, max_display_name_code_points);
  if (checked.problem == "The name is too long.")
    checked.problem = "At most 64 characters are allowed.";
  return checked;
}

std::optional<std::string> canonical_emoji(std::string_view raw) {
  if (raw.empty() || raw.size() > max_emoji_bytes) return {};
  const auto nfc = composed(raw);
  if (!nfc) return {};
  std::vector<UChar32> points;
  each_code_point(*nfc, [&](UChar32 c, std::size_t, std::size_t) {
    if (c != variation_16) points.push_back(c);
  });
  icu::UnicodeString spelled;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto c = points[i];
    if (c < 0) return {};
    spelled.append(c);
    const bool modified =
        i + 1 < points.size() && u_hasBinaryProperty(points[i + 1], UCHAR_EMOJI_MODIFIER);
    if (u_hasBinaryProperty(c, UCHAR_EMOJI) && !u_hasBinaryProperty(c, UCHAR_EMOJI_PRESENTATION) &&
        !modified)
      spelled.append(variation_16);
  }
  if (!u_stringHasBinaryProperty(spelled.getBuffer(), spelled.length(), UCHAR_RGI_EMOJI)) return {};
  std::string out;
  return spelled.toUTF8String(out);
}

std::vector<std::string> mentioned_handles(std::string_view raw) {
  if (raw.find('@') == std::string_view::npos) return {};
  handle_list handles;
  const auto text = without_links_and_code(raw);
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
    std::size_t start = at;
    while (start > 0 && text[start - 1] == '_') --start;
    const auto earlier = before(text, start);
    if (word(earlier) || earlier == '@') continue;
    std::size_t end = at + 1;
    while (end < text.size() && handle_character(text[end])) ++end;
    const auto next = behind(text, end);
    if (word(next) || next == '@') continue;
    const auto handle = std::string_view(text).substr(at + 1, end - at - 1);
    handles.add(handle);
    const auto emphasis = at - start;
    if (emphasis > 0 && handle.size() > emphasis && handle.ends_with(std::string(emphasis, '_')))
      handles.add(handle.substr(0, handle.size() - emphasis));
  }
  return std::move(handles.found);
}

std::vector<std::string> folded_words(std::string_view text, bool with_rests) {
  UErrorCode failed = U_ZERO_ERROR;
  const auto* fold = icu::Normalizer2::getNFKCCasefoldInstance(failed);
  const auto* apart = icu::Normalizer2::getNFDInstance(failed);
  if (U_FAILURE(failed)) return {};
  const auto raw = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  const auto folded = apart->normalize(fold->normalize(raw, failed), failed);
  if (U_FAILURE(failed)) return {};
  std::vector<std::string> out;
  std::vector<icu::UnicodeString> open;  // the word, and its rests
  const auto close = [&] {
    for (const auto& word : open) {
      std::string utf8;
      word.toUTF8String(utf8);
      if (out.size() < max_folded_words && std::ranges::find(out, utf8) == out.end())
        out.push_back(std::move(utf8));
    }
    open.clear();
  };
  for (std::int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const auto c = folded.char32At(i);
    if (u_charType(c) == U_NON_SPACING_MARK) continue;
    if (!u_isalnum(c)) {
      close();
      continue;
    }
    if (open.empty() || (with_rests && without_spaces(c))) open.emplace_back();
    for (auto& word : open) word.append(c);
  }
  close();
  return out;
}

}  // namespace nova
