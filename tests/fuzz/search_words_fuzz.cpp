// The words of search: a text and a question of any characters, divided by the first line's end.
#include "actors/search/highlight_rules.hpp"
#include "tests/fuzz/claim.hpp"

#include <unicode/utf8.h>

#include <algorithm>

namespace {

using namespace nova::search;
using nova::fuzz::claim;

bool valid_utf8(std::string_view text) {
  const auto* s = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(s, i, size, c);
    if (c <= 0) return false;
  }
  return true;
}

void claim_terms(std::string_view text) {
  std::uint32_t before = 0;
  for (const auto& t : terms_of(text)) {
    claim(t.begin < t.end && t.end <= text.size() && t.first_end <= t.end,
          "a term lies in its text", t.text);
    claim(valid_utf8(text.substr(t.begin, t.end - t.begin)), "a term's place is whole characters");
    claim(!t.text.empty() && t.text.size() <= max_term_bytes, "a term has its size", t.text);
    claim(t.position >= before, "positions ascend");
    before = t.position;
  }
  claim(folded(folded(text)) == folded(text), "folding folds to itself", text);
}

void claim_snippet(std::string_view text, const question& q) {
  for (const auto how : {words_as::written, words_as::beginnings}) {
    std::string joined;
    for (const auto& part : snippet(text, q, how)) {
      claim(!part.text.empty(), "no part is empty");
      joined += part.text;
    }
    claim(text.find(joined) != text.npos, "a snippet is a piece of its text", joined);
    claim(text.empty() || !joined.empty(), "a text has a snippet");
    const auto asked = query_text(q, how);
    claim(std::ranges::count(asked, '\'') % 2 == 0, "quotes close", asked);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  if (!valid_utf8(all)) return 0;
  const auto end = std::min(all.find('\n'), all.size());
  const auto text = all.substr(std::min(end + 1, all.size()));
  claim_terms(text);
  if (const auto q = parse_question(all.substr(0, end)); q.has_value()) claim_snippet(text, *q);
  return 0;
}
