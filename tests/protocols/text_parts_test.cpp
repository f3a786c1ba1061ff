// The parts of a text beside words, and how tags and reactions are spelled.
#include "protocols/core/text_parts.hpp"
#include "protocols/core/text.hpp"

#include <doctest/doctest.h>

using namespace nova;

namespace {

using kind = part_kind;
using parts = std::vector<text_part>;

}  // namespace

TEST_CASE("mentions, hashtags and links have their places in code points, sign included") {
  CHECK(parts_of("Tea with @Ada at four. #Engines") ==
        parts{{kind::mention, 9, 13, "ada"}, {kind::hashtag, 23, 31, "engines"}});
  CHECK(parts_of("😀é @ada") == parts{{kind::mention, 3, 7, "ada"}});
  CHECK(parts_of("see https://example.org/a?b=1#c, then") == parts{{kind::link, 4, 31, ""}});
  CHECK(parts_of("").empty());
}

TEST_CASE("a mention begins and ends where no word goes on") {
  CHECK(parts_of("mail ada@example.org").empty());
  CHECK(parts_of("@@ada @ada@bob @adaé @ab").empty());
  CHECK(parts_of("(@ada)!") == parts{{kind::mention, 1, 5, "ada"}});
  CHECK(parts_of("@" + std::string(31, 'a')).empty());
  CHECK(parts_of("@" + std::string(30, 'a')).size() == 1);
}

TEST_CASE("CJK text needs no space around a mention or before a hashtag") {
  CHECK(parts_of("你好@ada很高兴") == parts{{kind::mention, 2, 6, "ada"}});
  CHECK(parts_of("今日は@bob_1さん") == parts{{kind::mention, 3, 9, "bob_1"}});
  CHECK(parts_of("看#电影 好") == parts{{kind::hashtag, 1, 4, "电影"}});
  CHECK(parts_of("#话题#后面") == parts{{kind::hashtag, 0, 3, "话题"}});
}

TEST_CASE("tags fold case and width") {
  CHECK(folded_tag("ENGINES") == folded_tag("engines"));
  CHECK(folded_tag("ＡＢＣ１") == "abc1");
  CHECK(folded_tag("ｶﾀｶﾅ") == folded_tag("カタカナ"));
  CHECK(folded_tag("Straße") == folded_tag("STRASSE"));
  CHECK(folded_tag("#tag") == "tag");
  CHECK(parts_of("＃ＴＡＧ") == parts{{kind::hashtag, 0, 4, "tag"}});
  for (const auto* none : {"", "#", "123", "a b", "a-b", "#a#"}) CHECK(folded_tag(none).empty());
  CHECK(folded_tag(std::string(max_tag_code_points, 'a')).size() == max_tag_code_points);
  CHECK(folded_tag(std::string(max_tag_code_points + 1, 'a')).empty());
}

TEST_CASE("a number alone is no hashtag, and neither is what stands in a link or an entity") {
  CHECK(parts_of("#1 &#39; a#b").empty());
  CHECK(parts_of("#1a") == parts{{kind::hashtag, 0, 3, "1a"}});
  CHECK(parts_of("https://example.org/@ada#top").size() == 1);
}

TEST_CASE(
    "a link ends before closing punctuation and CJK text, and keeps brackets that it opened") {
  CHECK(parts_of("(http://e.org/a_(b)).") == parts{{kind::link, 1, 19, ""}});
  CHECK(parts_of("看https://e.org/a很好") == parts{{kind::link, 1, 16, ""}});
  CHECK(parts_of("http:// xhttp://e.org https://.").empty());
}

TEST_CASE("so many parts one text has; what follows is plain text") {
  std::string text;
  for (std::size_t i = 0; i <= max_text_parts; ++i) text += "#tag ";
  CHECK(parts_of(text).size() == max_text_parts);
}

TEST_CASE("variants of an emoji are one reaction") {
  CHECK(canonical_emoji("❤") == canonical_emoji("❤️"));
  CHECK(canonical_emoji("👍") != canonical_emoji("👍🏽"));
  CHECK_FALSE(canonical_emoji("a"));
}
