#include "actors/search/highlight_rules.hpp"

#include "protocols/core/text.hpp"

#include <algorithm>

namespace nova::search {
namespace {

/// Bytes of a text; `begin` < `end`.
struct range {
  std::size_t begin, end;
};

bool fits(const term& found, const wanted_term& want, bool begins) {
  return begins ? found.text.starts_with(want.text) : found.text == want.text;
}

/// Of a pair that a single character has found only the first character counts.
range place_of(const term& found, const wanted_term& want) {
  const bool half = found.kind == term_kind::pair && found.text.size() > want.text.size() &&
                    found.text.starts_with(want.text);
  return {found.begin, half ? found.first_end : found.end};
}

class search_in {
 public:
  explicit search_in(const std::vector<term>& terms) : terms_(terms) {}

  void look_for(const wanted& part, words_as how) {
    for (const auto& first : terms_) {
      std::vector<range> hits;
      for (std::size_t i = 0; i < part.terms.size(); ++i) {
        const auto& want = part.terms[i];
        const bool last = i + 1 == part.terms.size();
        const bool begins = want.begins || (last && how == words_as::beginnings);
        const auto* found =
            i == 0 ? (fits(first, want, begins) ? &first : nullptr)
                   : at(first.position + want.position - part.terms[0].position, want, begins);
        if (found == nullptr) break;
        hits.push_back(place_of(*found, want));
      }
      if (hits.size() == part.terms.size()) found_.insert(found_.end(), hits.begin(), hits.end());
    }
  }

  /// Apart from each other, ascending.
  std::vector<range> joined() {
    std::ranges::sort(found_, {}, &range::begin);
    std::vector<range> out;
    for (const auto& r : found_) {
      if (r.begin >= r.end) continue;
      if (!out.empty() && r.begin <= out.back().end)
        out.back().end = std::max(out.back().end, r.end);
      else out.push_back(r);
    }
    return out;
  }

 private:
  const term* at(std::uint32_t position, const wanted_term& want, bool begins) const {
    auto i = std::ranges::lower_bound(terms_, position, {}, &term::position);
    for (; i != terms_.end() && i->position == position; ++i)
      if (fits(*i, want, begins)) return &*i;
    return nullptr;
  }

  const std::vector<term>& terms_;
  std::vector<range> found_;
};

bool inside_code_point(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<std::uint8_t>(text[at]) & 0xC0) == 0x80;
}

std::size_t back(std::string_view text, std::size_t from, std::size_t code_points) {
  while (from > 0 && code_points > 0) {
    do --from;
    while (from > 0 && inside_code_point(text, from));
    --code_points;
  }
  return from;
}

std::size_t forward(std::string_view text, std::size_t from, std::size_t code_points) {
  while (from < text.size() && code_points > 0) {
    do ++from;
    while (inside_code_point(text, from));
    --code_points;
  }
  return from;
}

/// The beginning moves to a word's beginning, when there is a space near.
std::size_t to_word(std::string_view text, std::size_t begin, std::size_t hit) {
  if (begin == 0) return 0;
  const auto space = text.find(' ', begin);
  return space != text.npos && space < hit ? space + 1 : begin;
}

range window_of(std::string_view text, const std::vector<range>& hits) {
  if (count_code_points(text) <= snippet_code_points) return {0, text.size()};
  range out{0, 0};
  if (!hits.empty()) {
    const auto hit = hits.front().begin;
    out.begin = to_word(text, back(text, hit, snippet_lead_code_points), hit);
  }
  out.end = forward(text, out.begin, snippet_code_points);
  for (const auto& hit : hits)
    if (hit.begin < out.end && out.end < hit.end) out.end = hit.end;
  return out;
}

}  // namespace

std::vector<snippet_part> snippet(std::string_view text, const question& q, words_as how) {
  const auto terms = terms_of(text);
  search_in here(terms);
  for (const auto& part : q.parts)
    if (!part.excluded) here.look_for(part, how);
  const auto hits = here.joined();
  const auto window = window_of(text, hits);
  std::vector<snippet_part> out;
  const auto add = [&](std::size_t begin, std::size_t end, bool hit) {
    if (begin < end) out.push_back({std::string(text.substr(begin, end - begin)), hit});
  };
  auto at = window.begin;
  for (const auto& hit : hits) {
    if (hit.begin >= window.end) break;
    add(at, hit.begin, false);
    add(hit.begin, hit.end, true);
    at = hit.end;
  }
  add(at, window.end, false);
  return out;
}

bool has_hit(const std::vector<snippet_part>& parts) noexcept {
  return std::ranges::any_of(parts, &snippet_part::hit);
}

}  // namespace nova::search
