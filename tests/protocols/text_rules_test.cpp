// The rules of names, reactions and mentions: faults P5, P6 and M2 with their inputs.
#include "protocols/core/text.hpp"

#include <doctest/doctest.h>

using namespace nova;
using list = std::vector<std::string>;

TEST_CASE("P5: a name that shows nothing is refused, white space alone too; no text is no name") {
  for (auto hidden : {"\u3164", "\u2800", "\uFFA0", "\u034F", "\uFE0F", "\u0301", "\u200B",
                      "\u00AD", "\U000E0041", "\u2800\u2800", " ", " \u3000\t"})
    CHECK_FALSE_MESSAGE(check_name(hidden, 64).problem.empty(), hidden);
  CHECK(check_name("", 64).problem.empty());
  CHECK(check_name("", 64).text.empty());
}

TEST_CASE(
    "P5: a name is one line without controls, directional controls and unassigned code points") {
  for (auto bad : {"a\nb", "a\x07z", "a\u2028z", "a\u202Ez", "a\u2066z", "a\u200Fz", "a\u061Cz",
                   "a\uFFFFz", "a\u0378z", "a\u200Bz"})
    CHECK_FALSE_MESSAGE(check_name(bad, 64).problem.empty(), bad);
}

TEST_CASE(
    "P5: a name is kept trimmed and composed; scripts and emoji that need joiners are names") {
  CHECK(check_name("  e\u0301le\u0300ve ", 64).text == "\u00E9l\u00E8ve");
  for (auto good : {"Ann  Lee", "\u4E2D\u6587", "\u0646\u0627\u0645\u0647\u200C\u0627\u06CC",
                    "\U0001F468\u200D\U0001F469\u200D\U0001F467", "\u2764\uFE0F", "O'Neil",
                    "1\uFE0F\u20E3", "\U0001F3F4\U000E0067\U000E0062\U000E007F"})
    CHECK_MESSAGE(check_name(good, 64).text == good, good);
  CHECK_FALSE(check_name("\u200Da", 64).problem.empty());
  CHECK_FALSE(check_name("a \u0301", 64).problem.empty());
  CHECK(check_name(std::string(64, 'x'), 64).problem.empty());
  CHECK_FALSE(check_name(std::string(65, 'x'), 64).problem.empty());
}

TEST_CASE("P6: a reaction is one emoji, and variants that look alike are one") {
  const auto heart = canonical_emoji("\u2764\uFE0F");
  REQUIRE(heart);
  CHECK(canonical_emoji("\u2764") == heart);
  CHECK(canonical_emoji("\U0001F44D\uFE0F") == canonical_emoji("\U0001F44D"));
  CHECK(canonical_emoji("\U0001F44D") == "\U0001F44D");
  CHECK(canonical_emoji("\U0001F469\u200D\u2764\u200D\U0001F468") ==
        canonical_emoji("\U0001F469\u200D\u2764\uFE0F\u200D\U0001F468"));
  for (auto good : {"\U0001F44D\U0001F3FD", "\U0001F1E9\U0001F1EA", "1\uFE0F\u20E3",
                    "\U0001F575\uFE0F\u200D\u2642\uFE0F",
                    "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F"})
    CHECK_MESSAGE(canonical_emoji(good).has_value(), good);
  for (auto bad : {"", "+1", "heart", "1", "a", "\u202E", "\u200B", "\U0001F44D\U0001F44D",
                   "\U0001F44D ", "\uFE0F", "\U0001F44Dx", "\U0001F1E9"})
    CHECK_FALSE_MESSAGE(canonical_emoji(bad).has_value(), bad);
  CHECK_FALSE(canonical_emoji(std::string(64, 'x')).has_value());
}

TEST_CASE("M2: a mention stands at Unicode word boundaries, in no URL and in no code") {
  CHECK(mentioned_handles("hi @Bob_1, mail me@example.org, @ab and @bob_1 again") == list{"bob_1"});
  CHECK(mentioned_handles("https://x.example/@bob www.x.org/@bob x.example/@bob").empty());
  CHECK(mentioned_handles("`@bob` and ```\n@ann\n``` but @eve").at(0) == "eve");
  CHECK(mentioned_handles("`@bob` and ```\n@ann\n``` but @eve").size() == 1);
  CHECK(mentioned_handles("a lone ` before @bob") == list{"bob"});
  CHECK(mentioned_handles("\u00E9@bob").empty());
  CHECK(mentioned_handles("e\u0301@bob").empty());
  CHECK(mentioned_handles("@bob\u00E9").empty());
  CHECK(mentioned_handles("_@bob_") == list{"bob_", "bob"});
  CHECK(mentioned_handles("\u4F60\u597D @bob\u3002(@ann) \U0001F44D@eve's") ==
        list{"bob", "ann", "eve"});
  CHECK(mentioned_handles("@bob@ann.example").empty());
  CHECK(mentioned_handles("@" + std::string(31, 'x')).empty());
}
