// The words of search without a runtime: terms of texts, questions, snippets, scores and cursors.
#include "actors/search/search_rules.hpp"
#include "actors/search/highlight_rules.hpp"
#include "actors/search/score_rules.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::search;

namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (const auto& t : terms_of(text)) out.push_back(t.text);
  return out;
}
using list = std::vector<std::string>;

std::string asked(std::string_view q, words_as how = words_as::written) {
  return query_text(parse_question(q).value(), how);
}

/// A snippet with its hits in brackets.
std::string shown(std::string_view text, std::string_view q, words_as how = words_as::written) {
  std::string out;
  for (const auto& part : snippet(text, parse_question(q).value(), how))
    out += part.hit ? "[" + part.text + "]" : part.text;
  return out;
}

FindRequest request(std::string q) {
  FindRequest out;
  out.set_q(std::move(q));
  return out;
}

}  // namespace

TEST_CASE("case, width and accents are folded, in every script that has them") {
  CHECK(folded("ÉCOLE Ｔｅａ ﬁne Straße İstanbul") == "ecole tea fine strasse istanbul");
  CHECK(folded("e\u0301cole") == "ecole");
  CHECK(folded("ｶﾞｷﾞ ガ が") == "ガギ ガ が");  // voicing marks are no accents
  CHECK(folded("한국어") == "한국어");
  CHECK(folded("") == "");
}

TEST_CASE(
    "words are words, runs of Chinese, Japanese and Korean are pairs and the last character") {
  CHECK(words("Tea at four, l'école.org") == list{"tea", "at", "four", "l", "ecole", "org"});
  CHECK(words("春天来了") == list{"春天", "天来", "来了", "了"});
  CHECK(words("東京タワーへ") == list{"東京", "京タ", "タワ", "ワー", "ーへ", "へ"});
  CHECK(words("한국어") == list{"한국", "국어", "어"});
  CHECK(words("在2024年") == list{"在", "2024", "年"});
  CHECK(words("snake_case x2") == list{"snake_case", "x2"});
  CHECK(words("สวัสดีชาวโลก").size() > 1);  // by a dictionary
  CHECK(words("tea 🍵!") == list{"tea", "🍵"});
  CHECK(words("… — !").empty());
}

TEST_CASE("a tag and a handle are terms beside their words") {
  CHECK(words("#Café with @Ada_L") == list{"cafe", "#cafe", "with", "ada_l", "@ada_l"});
  CHECK(words("去#東京#玩") == list{"去", "東京", "#東京", "京", "玩"});
  CHECK(words("a@b.org").size() == 3);
}

TEST_CASE("positions count characters of a run, so that phrases keep their distances") {
  const auto terms = terms_of("go 春天, now");
  REQUIRE(terms.size() == 4);
  CHECK(terms[0].position == 1);
  CHECK(terms[1].position == 2);
  CHECK(terms[2].position == 3);
  CHECK(terms[3].position == 4);
  CHECK(vector_text(terms_of("two tea two")) == "'tea':2 'two':1,3");
  CHECK(quoted_term("a'b\\c") == "'a''b\\\\c'");
}

TEST_CASE("each word of a misspelt name is near to one of the name or handle") {
  const auto near = [](const std::string& q) {
    return nearly_named(*parse_question(q), "ada_7f3a", "Ada Lovelace Müller");
  };
  for (const auto* q :
       {"lovelase", "Lovlace", "muler", "ada lovelac", "lovel mullar", "adda_7f3a", "ada_7f3"})
    CHECK_MESSAGE(near(q), q);
  for (const auto* q :
       {"lovelase smith", "bob_7f3a", "renamed_7f3a", "adb", "grace lovelace", "mule"})
    CHECK_MESSAGE(!near(q), q);
}

TEST_CASE("what a name may be misspelt by: plain words of some length") {
  const auto names = [](const std::string& q) { return misspelt(*parse_question(q)); };
  CHECK(names("Margret") == "margret");
  CHECK(names("@Margret") == "margret");
  CHECK(names("Margret  smiht") == "margret smiht");
  for (const auto* q :
       {"mar", "margret*", "margret -smith", "#margret", "\"margret smith\"", "春天来"})
    CHECK_MESSAGE(names(q).empty(), q);
}

TEST_CASE("a question's words are AND; phrases, exclusions, beginnings, tags, handles") {
  CHECK(asked("Tea FOUR") == "'tea' & 'four'");
  CHECK(asked("\"tea at four\"") == "( 'tea' <1> 'at' <1> 'four' )");
  CHECK(asked("tea -coffee -\"ice tea\"") == "'tea' & !'coffee' & !( 'ice' <1> 'tea' )");
  CHECK(asked("engin*") == "'engin':*");
  CHECK(asked("#Engines @Ada") == "'#engines' & '@ada'");
  CHECK(asked("＃Engines －coffee") == "'#engines' & !'coffee'");
  CHECK(asked("春") == "'春':*");
  CHECK(asked("春天来") == "( '春天' <1> '天来' )");
  CHECK(asked("2024年") == "( '2024' <1> '年':* )");
  CHECK(asked("foo-bar") == "( 'foo' <1> 'bar' )");
  CHECK(asked("\"open end") == "( 'open' <1> 'end' )");
  CHECK(asked("tea　時間") == "'tea' & '時間'");
  CHECK(asked("ada", words_as::beginnings) == "'ada':*");
}

TEST_CASE(
    "an empty question and one of over 256 characters are refused; one without words finds "
    "nothing") {
  CHECK(parse_question("").error().fields.front().field == "q");
  CHECK(parse_question(" \t\u3000").error().code == errc::invalid_request);
  std::string most, more;
  for (int i = 0; i < 256; ++i) most += "字";
  CHECK(parse_question(most).has_value());
  CHECK(parse_question(most + "字").error().code == errc::invalid_request);
  CHECK(parse_question("!!!").value().empty());
  CHECK(parse_question("- \" \" *").value().empty());
}

TEST_CASE("hits are exact to the code point, in the text as it was written") {
  CHECK(shown("Tea at four", "TEA four") == "[Tea] at [four]");
  CHECK(shown("明日東京タワーへ行く", "東京タワー") == "明日[東京タワー]へ行く");
  CHECK(shown("明日東京へ", "京") == "明日東[京]へ");
  CHECK(shown("L'E\u0301cole ｆｉｎｅ", "école fine") == "L'[E\u0301cole] [ｆｉｎｅ]");
  CHECK(shown("two engineers", "engin*") == "two [engineers]");
  CHECK(shown("tea at four, at tea", "\"at tea\"") == "tea at four, [at] [tea]");
  CHECK(shown("see #Engines now", "#engines") == "see [#Engines] now");
  CHECK(shown("no coffee", "no -coffee") == "[no] coffee");
  CHECK(shown("ada_lovelace", "ada", words_as::beginnings) == "[ada_lovelace]");
  CHECK(shown("nothing", "else") == "nothing");
}

TEST_CASE("a snippet of a long text begins before the first hit and is bounded") {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "word ";
  const auto parts =
      snippet(text + "tea " + text, parse_question("tea").value(), words_as::written);
  REQUIRE(parts.size() == 3);
  CHECK(parts[1] == snippet_part{"tea", true});
  CHECK(parts[0].text.size() <= snippet_lead_code_points);
  CHECK(parts[0].text.starts_with("word"));
  std::size_t all = 0;
  for (const auto& p : parts) all += p.text.size();
  CHECK(all <= snippet_code_points);
}

TEST_CASE("a filter that a kind does not know leaves the kind out") {
  auto q = request("tea");
  CHECK(read_wish(q, 1).value().users);
  q.set_language("en");
  auto w = read_wish(q, 1).value();
  CHECK(w.posts);
  CHECK_FALSE(w.users);
  CHECK_FALSE(w.messages);
  q = request("tea");
  q.set_in("00000000-0000-7000-8000-000000000001");
  w = read_wish(q, 1).value();
  CHECK_FALSE(w.posts);
  CHECK(w.messages);
  q.set_kind("posts");
  CHECK_FALSE(read_wish(q, 1).value().posts);
  q = request("tea");
  q.set_from("@Ada");
  CHECK(read_wish(q, 1).value().by_handle == "ada");
  q.set_from("not a handle");
  CHECK(read_wish(q, 1).error().fields.front().field == "from");
}

TEST_CASE("a cursor belongs to its question and to no other") {
  auto q = request("tea");
  auto at = read_wish(q, 5).value().from;
  at.set_posts_at(77);
  q.set_cursor(cursor_of(at));
  CHECK(read_wish(q, 9).value().from.posts_at() == 77);
  CHECK(read_wish(q, 9).value().from.as_of() == 5);
  q.set_q("coffee");
  CHECK(read_wish(q, 9).error().fields.front().field == "cursor");
  q.set_cursor("!");
  CHECK(read_wish(q, 9).error().fields.front().field == "cursor");
  q.set_cursor("AAAA");
  CHECK(read_wish(q, 9).has_error());
}

TEST_CASE("a post scores more with more of the words, fewer others, and less age") {
  const auto q = parse_question("tea").value();
  const auto post = [](std::uint32_t tea, std::int64_t length) {
    return post_row{{}, 0, length, {{"tea", tea}, {"other", 1}}};
  };
  CHECK(fitness(post(2, 10), q) > fitness(post(1, 10), q));
  CHECK(fitness(post(1, 10), q) > fitness(post(1, 100), q));
  CHECK(recency(0, 30) == doctest::Approx(1));
  CHECK(recency(30LL * 86'400'000, 30) == doctest::Approx(0.75));
  std::vector<post_row> posts{post(1, 10), post(1, 10)};
  posts[0].post_id.data[0] = 1;
  posts[1].post_id.data[0] = 2;
  posts[1].at = 1'000'000'000;
  CHECK(rank(posts, q, 1'000'000'000, 30).front().post_id == posts[1].post_id);
}

TEST_CASE("kinds are put together by score, and no more than the limit") {
  const std::vector<candidate> all{
      {kind::post, 2, 0}, {kind::post, 1, 1}, {kind::user, 2, 0}, {kind::message, 1.5, 0}};
  const auto page = merged(all, 3);
  REQUIRE(page.size() == 3);
  CHECK(page[0].what == kind::user);
  CHECK(page[1].what == kind::post);
  CHECK(page[2].what == kind::message);
}
