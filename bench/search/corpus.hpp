// Documents for the bench of search, and questions cut out of them. Used by search.cpp.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace nova::bench {

struct document {
  bool post = false;  ///< else a message
  std::string text;
};

/// Lines of corpus.py's file: "post" or "message", a tab, the text. Empty when the file cannot be read.
std::vector<document> read_corpus(const std::string& path, std::size_t most);
/// Made of a few hundred words and characters by their ranks, for short runs.
std::vector<document> made_corpus(std::size_t count);

enum class cut : std::uint8_t { word, two_words, phrase, beginning, cjk_1, cjk_2, cjk_3, cjk_4 };
inline constexpr cut all_cuts[] = {cut::word,  cut::two_words, cut::phrase, cut::beginning,
                                   cut::cjk_1, cut::cjk_2,     cut::cjk_3,  cut::cjk_4};
const char* name_of(cut c);
/// Empty: the text has no such piece.
std::string cut_out(const std::string& text, cut how, std::mt19937& random);

}  // namespace nova::bench
