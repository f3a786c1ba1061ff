#include "bench/search/corpus.hpp"

#include "actors/search/term_rules.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string_view>

namespace nova::bench {

namespace {

using search::term;
using search::term_kind;

constexpr std::string_view words[] = {
    "the",     "of",      "package", "and",   "to",      "a",      "for",     "in",
    "is",      "library", "with",    "files", "tea",     "this",   "server",  "on",
    "from",    "python",  "data",    "tools", "support", "time",   "engine",  "at",
    "network", "simple",  "music",   "game",  "science", "river",  "kernel",  "window",
    "bridge",  "paper",   "winter",  "stone", "light",   "number", "history", "garden"};
constexpr std::string_view characters[] = {
    "不", "人", "春", "天", "山", "风", "月", "来", "日", "花", "水", "云", "江", "雨", "夜",
    "秋", "心", "年", "白", "上", "东", "京", "の", "は", "を", "に", "た", "る", "語", "本",
    "タ", "ワ", "ー", "学", "生", "国", "大", "中", "高", "明", "이", "다", "는", "한", "국",
    "가", "날", "씨", "도", "서", "石", "馬", "鳥", "魚", "門", "車", "書", "声", "色", "光"};

/// A place by rank: the first is the most frequent.
template <std::size_t N>
std::string_view pick(const std::string_view (&list)[N], std::mt19937& random) {
  const double u = std::uniform_real_distribution<>(0, 1)(random);
  return list[std::min(N - 1, static_cast<std::size_t>(std::exp(u * std::log(N + 1.0)) - 1))];
}

std::string made_text(std::mt19937& random) {
  std::string out;
  const bool cjk = random() % 10 < 7;
  for (auto n = 4 + random() % 40; n > 0; --n) {
    out += cjk ? pick(characters, random) : pick(words, random);
    if (!cjk || random() % 12 == 0) out += ' ';
  }
  return out + std::to_string(random() % 5'000);
}

/// A place in `terms` from which `n` terms of this kind follow each other.
std::size_t run_of(const std::vector<term>& terms, term_kind kind, std::size_t n,
                   std::mt19937& random) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i + n <= terms.size(); ++i)
    if (std::all_of(terms.begin() + static_cast<std::ptrdiff_t>(i),
                    terms.begin() + static_cast<std::ptrdiff_t>(i + n), [&](const term& t) {
                      return t.kind == kind && (kind != term_kind::word || t.text.size() > 2);
                    }))
      places.push_back(i);
  return places.empty() ? terms.size() : places[random() % places.size()];
}

}  // namespace

std::vector<document> read_corpus(const std::string& path, std::size_t most) {
  std::vector<document> out;
  std::ifstream in(path);
  for (std::string line; out.size() < most && std::getline(in, line);)
    if (const auto tab = line.find('\t'); tab != line.npos)
      out.push_back({line.compare(0, tab, "post") == 0, line.substr(tab + 1)});
  return out;
}

std::vector<document> made_corpus(std::size_t count) {
  std::mt19937 random(1);
  std::vector<document> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({i % 3 == 0, made_text(random)});
  return out;
}

const char* name_of(cut c) {
  constexpr const char* names[] = {"1 word", "2 words", "phrase", "beginning",
                                   "CJK 1",  "CJK 2",   "CJK 3",  "CJK 4"};
  return names[static_cast<std::size_t>(c)];
}

std::string cut_out(const std::string& text, cut how, std::mt19937& random) {
  const auto terms = search::terms_of(text);
  const auto piece = [&](std::size_t from, std::size_t to, bool half = false) {
    const auto end = half ? terms[to].first_end : terms[to].end;
    return text.substr(terms[from].begin, end - terms[from].begin);
  };
  switch (how) {
    case cut::word:
    case cut::beginning: {
      const auto i = run_of(terms, term_kind::word, 1, random);
      if (i == terms.size()) return {};
      return how == cut::word ? piece(i, i) : terms[i].text.substr(0, 3 + random() % 3) + "*";
    }
    case cut::two_words: {
      const auto a = run_of(terms, term_kind::word, 1, random);
      const auto b = run_of(terms, term_kind::word, 1, random);
      return a == terms.size() || a == b ? std::string() : piece(a, a) + " " + piece(b, b);
    }
    case cut::phrase: {
      const auto i = run_of(terms, term_kind::word, 2, random);
      return i == terms.size() ? std::string() : '"' + piece(i, i + 1) + '"';
    }
    default: {
      const auto pairs = std::max<std::size_t>(
          1, static_cast<std::size_t>(how) - static_cast<std::size_t>(cut::cjk_1));
      const auto i = run_of(terms, term_kind::pair, pairs, random);
      return i == terms.size() ? std::string() : piece(i, i + pairs - 1, how == cut::cjk_1);
    }
  }
}

}  // namespace nova::bench
