// Properties of terms, questions and snippets, on texts of many scripts made from seeds.
#include "actors/search/highlight_rules.hpp"
#include "protocols/core/text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace nova::search;

namespace {

constexpr int rounds = 2'000;

/// Pieces of many scripts, with what makes folding and breaking hard.
constexpr std::string_view pieces[] = {
    "tea",    "Straße", "É",  "e\u0301", "ﬁ",        "２０２４", "ｆｕｌｌ", "ｶﾞ",
    "ガ",     "春",     "天", "東京",    "の",       "한국",     "ㄅ",       "สวัสดี",
    "İ",      "Ω",      "й",  "🍵",       "👩\u200d💻", "#",        "@ada",     "@",
    "'",      "\"",     "-",  "*",       "_",        " ",        " ",        " ",
    "\u3000", "\n",     "、", "。",      "\u0301",   "\u3099",   "𠮷",       "https://a.b/c?d",
    "\u00ad", "Ⅳ",      "½",  "ー",      "々",       "x1",       "#tag",     "＃全",
    "\\",     "&",      ":"};

std::string text_of(std::mt19937& random, std::size_t most) {
  std::string out;
  for (auto n = random() % most; n > 0; --n) out += pieces[random() % std::size(pieces)];
  return out;
}

bool begins_code_point(std::string_view text, std::size_t at) {
  return at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
}

/// What PostgreSQL's @@ says, for one part of a question.
bool matches(const std::vector<term>& terms, const wanted& part) {
  return std::ranges::any_of(terms, [&](const term& first) {
    return std::ranges::all_of(part.terms, [&](const wanted_term& want) {
      const auto at = first.position + want.position - part.terms[0].position;
      return std::ranges::any_of(terms, [&](const term& t) {
        return t.position == at &&
               (want.begins ? t.text.starts_with(want.text) : t.text == want.text);
      });
    });
  });
}

bool finds(const std::string& text, const question& q) {
  const auto terms = terms_of(text);
  return std::ranges::all_of(
      q.parts, [&](const wanted& part) { return matches(terms, part) != part.excluded; });
}

}  // namespace

TEST_CASE("terms lie in the text, in order, on code points, and fold to themselves") {
  for (unsigned seed = 0; seed < rounds; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto text = text_of(random, 30);
    std::uint32_t before = 0;
    for (const auto& t : terms_of(text)) {
      REQUIRE(t.begin < t.end);
      REQUIRE(t.end <= text.size());
      REQUIRE(t.first_end <= t.end);
      REQUIRE(begins_code_point(text, t.begin));
      REQUIRE(begins_code_point(text, t.end));
      REQUIRE(begins_code_point(text, t.first_end));
      REQUIRE(t.position >= before);
      REQUIRE(!t.text.empty());
      REQUIRE(t.text.size() <= max_term_bytes);
      REQUIRE(folded(t.text) == t.text);
      before = t.position;
    }
  }
}

TEST_CASE("a text is found by every run of its own characters that stands between other words") {
  for (unsigned seed = 0; seed < rounds; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    constexpr std::string_view ideographs[] = {"春", "天", "東", "京", "の",
                                               "한", "국", "タ", "ワ", "ー"};
    std::string run;
    std::vector<std::string> characters;
    for (auto n = 1 + random() % 8; n > 0; --n) characters.emplace_back(ideographs[random() % 10]);
    for (const auto& c : characters) run += c;
    const auto from = random() % characters.size();
    const auto to = from + 1 + random() % (characters.size() - from);
    std::string part;
    for (auto i = from; i < to; ++i) part += characters[i];
    const auto text = text_of(random, 10) + " " + run + " " + text_of(random, 10);
    const auto q = parse_question(part).value();
    REQUIRE(finds(text, q));
    std::string hits;
    for (const auto& p : snippet(text, q, words_as::written))
      if (p.hit) hits += p.text + "|";
    REQUIRE(hits.find(part) != hits.npos);
  }
}

TEST_CASE(
    "a snippet is a piece of the text, its parts take turns, and each has a word of the question") {
  for (unsigned seed = 0; seed < rounds; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto text = text_of(random, 400);
    const auto asked = parse_question("q" + text_of(random, 6));
    if (!asked.has_value()) continue;
    const auto parts = snippet(text, *asked, words_as::written);
    std::string joined;
    bool before = false, first = true;
    for (const auto& p : parts) {
      REQUIRE(!p.text.empty());
      REQUIRE((first || p.hit != before));
      before = p.hit;
      first = false;
      joined += p.text;
      if (p.hit) REQUIRE(!terms_of(p.text).empty());
    }
    REQUIRE(text.find(joined) != text.npos);
    const bool wanted_all = std::ranges::none_of(asked->parts, &wanted::excluded);
    if (finds(text, *asked) && wanted_all && !asked->empty()) REQUIRE(has_hit(parts));
  }
}

TEST_CASE("every question is one that PostgreSQL can read: quoted terms, known operators") {
  for (unsigned seed = 0; seed < rounds; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto asked = parse_question("x" + text_of(random, 20));
    if (!asked.has_value() || asked->empty()) continue;
    const auto text = query_text(*asked, words_as::beginnings);
    std::string outside;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\'') quoted = !quoted;
      else if (!quoted) outside += text[i];
    }
    REQUIRE_FALSE(quoted);
    REQUIRE(outside.find_first_not_of(" ()&!<>0123456789:*") == outside.npos);
    for (const auto& part : asked->parts)
      for (std::size_t i = 1; i < part.terms.size(); ++i)
        REQUIRE(part.terms[i].position >= part.terms[i - 1].position);
  }
}
