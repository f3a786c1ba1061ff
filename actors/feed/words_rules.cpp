#include "actors/feed/words_rules.hpp"

#include <unicode/brkiter.h>
#include <unicode/normalizer2.h>
#include <unicode/ubrk.h>

#include <memory>

namespace nova::feed {
namespace {

// Making one reads ICU's rules; a clone of it is cheap.
std::unique_ptr<icu::BreakIterator> word_breaks() {
  static const std::unique_ptr<const icu::BreakIterator> first = [] {
    UErrorCode code = U_ZERO_ERROR;
    return std::unique_ptr<const icu::BreakIterator>(
        icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), code));
  }();
  return std::unique_ptr<icu::BreakIterator>(first ? first->clone() : nullptr);
}

}  // namespace

std::string folded_words(std::string_view text) {
  UErrorCode code = U_ZERO_ERROR;
  const auto* folding = icu::Normalizer2::getNFKCCasefoldInstance(code);
  const auto breaks = word_breaks();
  if (U_FAILURE(code) || !breaks) return {};
  const auto folded = folding->normalize(
      icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())}), code);
  if (U_FAILURE(code)) return {};
  breaks->setText(folded);
  std::string out;
  for (auto from = breaks->first(), to = breaks->next(); to != icu::BreakIterator::DONE;
       from = to, to = breaks->next()) {
    if (breaks->getRuleStatus() < UBRK_WORD_NONE_LIMIT) continue;
    if (out.empty()) out += ' ';
    folded.tempSubStringBetween(from, to).toUTF8String(out);
    out += ' ';
  }
  return out;
}

}  // namespace nova::feed
