// Muted words: whole words in either case. A text is kept as its folded words, each between spaces, so that a muted word or
// a phrase of several is found as a part of it. Pure; called by preferences and by the handlers of posts.
#pragma once

#include <string>
#include <string_view>

namespace nova::feed {

/// The words of a text, folded (case, width, compatibility forms), each between spaces: " hello world ". Words are Unicode's
/// (UAX 29), and those of a dictionary where a script has no spaces. Empty: there is no word.
std::string folded_words(std::string_view text);

}  // namespace nova::feed
