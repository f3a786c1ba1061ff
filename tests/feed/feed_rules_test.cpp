// What feed decides, without runtime and database: words, scores, preferences, cursors, fan-out, and what events cause.
#include "actors/feed/feed_rules.hpp"
#include "actors/feed/feed_services.hpp"
#include "actors/feed/home_entity.hpp"
#include "actors/feed/ranking_rules.hpp"
#include "actors/feed/words_rules.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/feed/feed.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/feed/feed_queries.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace nova;
using namespace nova::feed;
using decision = runtime::decision<home_state>;

namespace {

uuid id(std::uint8_t n) {
  uuid out{};
  out.data[15] = n;
  return out;
}

struct counting_random : random_source {
  std::uint8_t next = 1;
  void fill(std::span<std::uint8_t> out) override {
    std::ranges::generate(out, [this] { return next++; });
  }
};

struct home {
  home_state state{id(1), 0, false, default_preferences()};
  rpc::caller caller{rpc::caller_kind::user, id(1), id(2), 7, "127.0.0.1", "test"};
  counting_random random;
  std::any services = std::make_shared<feed_services>(
      feed_services{{.fanout_limit = 3, .fanout_return_percent = 67, .push_followers = 10},
                    page_tokens(std::string(32, 'k'))});
  std::string key = to_string(id(1));
  runtime::context context{key, caller, 10'000'000, random, "request", "", 0, &services};
  runtime::reads none;

  template <class Event>
  decision takes(home_entity::outcome (*handler)(const home_state&, const Event&,
                                                 const runtime::context&, const runtime::reads&),
                 const Event& e, const runtime::reads& r) {
    auto out = handler(state, e, context, r);
    auto d = std::get<decision>(std::move(out));
    if (d.apply) d.apply(state);
    return d;
  }
};

std::vector<std::string> names(const decision& d) {
  std::vector<std::string> out;
  for (const auto& s : d.statements) out.emplace_back(s.query->name);
  return out;
}
std::vector<std::string> event_names(const decision& d) {
  std::vector<std::string> out;
  for (const auto& e : d.events) out.emplace_back(e.type->name);
  return out;
}

content::PostPublished post_by(const uuid& author, std::uint8_t number) {
  content::PostPublished e;
  e.set_post_id(to_string(id(number)));
  e.set_author_id(to_string(author));
  e.set_at(9'000'000);
  e.set_visibility("public");
  e.set_text("Hello");
  return e;
}

runtime::reads entries(std::vector<uuid> ids) {
  std::vector<storage::value> cells;
  unix_ms at = 9'000'000;
  for (const auto& post : ids)
    cells.insert(cells.end(), {storage::timestamp{--at}, post, id(50), id(50), std::int64_t{1},
                               false, storage::timestamp{10'000'000}});
  runtime::reads r;
  r.append(storage::rows(7, std::move(cells)));
  return r;
}

std::vector<candidate_row> candidates(std::initializer_list<std::pair<std::uint8_t, int>> of) {
  std::vector<candidate_row> out;
  for (const auto& [post, reactions] : of) {
    candidate_row c;
    c.entry = {9'000'000, id(post), id(50), id(50), reason::following};
    c.reactions = reactions;
    c.interacted_at = 9'000'000;
    out.push_back(c);
  }
  return out;
}

}  // namespace

TEST_CASE("a muted word is found as a whole word in any case and width") {
  const auto text = folded_words("The SPOILER, of Straße and ｆｕｌｌ width.");
  const auto has = [&](std::string_view word) {
    return text.find(folded_words(word)) != std::string::npos;
  };
  CHECK(has("spoiler"));
  CHECK(has("Spoiler of"));
  CHECK(has("strasse"));
  CHECK(has("FULL"));
  CHECK_FALSE(has("spoil"));
  CHECK_FALSE(has("of the"));
  CHECK(folded_words(" ,.! ").empty());
}

TEST_CASE("each part of a score is between 0 and 1, and recency halves in six hours") {
  candidate_row c;
  c.entry.at = 0;
  c.reactions = 5'000'000;
  c.comments = 3;
  c.strength = 3;
  const auto p = parts_of(c, recency_half_life_ms);
  CHECK(p.recency() == doctest::Approx(0.5));
  CHECK(p.affinity() == doctest::Approx(0.5).epsilon(0.01));
  CHECK(p.reactions() == 1);
  CHECK(p.conversation() > 0.2);
  CHECK(p.conversation() < 0.3);
  c.entry.at = 10 * recency_half_life_ms;
  CHECK(parts_of(c, 0).recency() == 1);
}

TEST_CASE("a score is the sum of each part by its weight") {
  Parts p;
  p.set_recency(0.5);
  p.set_reactions(0.25);
  auto w = default_preferences().weights();
  CHECK(score_of(p, w) == 750'000);
  w.set_reactions(10);
  CHECK(score_number(score_of(p, w)) == doctest::Approx(3.0));
}

TEST_CASE("a ranking has the highest score first and the newest of equal ones") {
  const auto order =
      rank(candidates({{1, 0}, {2, 500}, {3, 0}}), default_preferences().weights(), 9'000'000);
  CHECK(order.post_ids == std::vector{id(2), id(3), id(1)});
  CHECK(order.scores[0] > order.scores[1]);
}

TEST_CASE("a page of a ranking keeps its order and leaves out what has gone since") {
  ranking_row order{{id(1), id(2), id(3), id(4)}, {4, 3, 2, 1}};
  const auto there = candidates({{4, 0}, {3, 0}, {1, 0}});
  const auto first = page_of(order, there, 0, 2);
  REQUIRE(first.items.size() == 2);
  CHECK(first.items[0].row->entry.post_id == id(1));
  CHECK(first.items[1].row->entry.post_id == id(3));
  CHECK(first.scanned == 3);
  const auto second = page_of(order, there, 3, 2);
  REQUIRE(second.items.size() == 1);
  CHECK(second.items[0].score == 1);
}

TEST_CASE("preferences have defaults, and all that is wrong with them is said at once") {
  const config::feed_settings s{.muted_words = 2};
  const auto plain = checked_preferences({}, s).value();
  CHECK(plain.mode() == "chronological");
  CHECK(plain.weights().affinity() == 1);
  CHECK(plain.show_shares());

  SetPreferencesRequest q;
  q.set_mode("ranked");
  q.mutable_weights()->set_recency(10);
  q.set_show_shares(false);
  for (const auto* word : {"Tea", "TEA", "coffee"}) q.add_muted_words(word);
  const auto set = checked_preferences(q, s).value();
  CHECK(set.mode() == "ranked");
  CHECK(set.weights().recency() == 10);
  CHECK_FALSE(set.show_shares());
  CHECK(set.muted_words_size() == 2);

  q.mutable_weights()->set_recency(10.5);
  q.mutable_weights()->set_affinity(-1);
  q.add_muted_words("a third");
  const auto bad = checked_preferences(q, s).error();
  CHECK(bad.code == errc::invalid_request);
  REQUIRE(bad.fields.size() == 3);
  CHECK(bad.fields[0].field == "weights.recency");
  CHECK(bad.fields[2].field == "muted_words");
  SetPreferencesRequest none;
  none.add_muted_words("...");
  CHECK(checked_preferences(none, s).error().fields[0].field == "muted_words");
}

TEST_CASE("a cursor is good for its account, unchanged, and for an hour") {
  const page_tokens tokens(std::string(32, 'k'));
  const page_position p{true, 1'000, 50, 900, id(9)};
  const auto text = tokens.make(id(1), p, 2'000);
  const auto back = tokens.read(id(1), text, 2'000 + cursor_life_ms - 1).value();
  CHECK(back.ranked);
  CHECK(back.as_of == 1'000);
  CHECK(back.shown == 50);
  CHECK(back.at == 900);
  CHECK(back.post_id == id(9));
  CHECK(tokens.read(id(1), text, 2'000 + cursor_life_ms).error().code == errc::expired);
  CHECK(tokens.read(id(2), text, 2'000).error().code == errc::invalid_request);
  auto other = text;
  other[20] = other[20] == 'A' ? 'B' : 'A';
  CHECK(tokens.read(id(1), other, 2'000).error().code == errc::invalid_request);
  CHECK(tokens.read(id(1), "AAAA", 2'000).error().code == errc::invalid_request);
  CHECK(page_tokens(std::string(32, 'x')).read(id(1), text, 2'000).has_error());
}

TEST_CASE("an author who is merged at reading goes back to fan-out well below the limit") {
  const config::feed_settings s{.fanout_limit = 10, .fanout_return_percent = 80};
  CHECK_FALSE(merged_at_reading(9, false, s));
  CHECK(merged_at_reading(10, false, s));
  CHECK(merged_at_reading(8, true, s));
  CHECK_FALSE(merged_at_reading(7, true, s));
}

TEST_CASE("a page ends with a cursor when there is more, and the next begins behind it") {
  home h;
  GetPageRequest q;
  q.set_limit(2);
  const auto asked = home_entity::get_page(h.state, q, h.context, h.none);
  const auto& first = std::get<storage::statement>(std::get<runtime::need>(asked).items[0]);
  CHECK(first.query == &queries::page);
  CHECK(std::get<std::int64_t>(first.params[7]) == 3);
  const auto out = home_entity::get_page(h.state, q, h.context, entries({id(9), id(8), id(7)}));
  const auto& page = dynamic_cast<const Page&>(*std::get<decision>(out).reply);
  REQUIRE(page.items_size() == 2);
  CHECK(page.as_of() == h.context.now);
  REQUIRE(page.has_next_cursor());

  q.set_cursor(page.next_cursor());
  const auto next = home_entity::get_page(h.state, q, h.context, h.none);
  const auto& second = std::get<storage::statement>(std::get<runtime::need>(next).items[0]);
  CHECK(std::get<uuid>(second.params[2]) == id(8));
  const auto last = home_entity::get_page(h.state, q, h.context, entries({id(7)}));
  CHECK_FALSE(dynamic_cast<const Page&>(*std::get<decision>(last).reply).has_next_cursor());
  q.set_limit(0);
  CHECK(std::get<error>(home_entity::get_page(h.state, q, h.context, h.none)).code ==
        errc::invalid_request);
}

TEST_CASE("a feed ends at its newest 1,000 entries") {
  home h;
  GetPageRequest q;
  const page_tokens tokens(std::string(32, 'k'));
  q.set_limit(200);
  q.set_cursor(tokens.make(id(1), {false, 1, 990, 900, id(9)}, h.context.now));
  const auto asked = home_entity::get_page(h.state, q, h.context, h.none);
  const auto& read = std::get<storage::statement>(std::get<runtime::need>(asked).items[0]);
  CHECK(std::get<std::int64_t>(read.params[7]) == 11);
  std::vector<uuid> ids;
  for (std::uint8_t i = 11; i > 0; --i) ids.push_back(id(i));
  const auto out = home_entity::get_page(h.state, q, h.context, entries(ids));
  const auto& page = dynamic_cast<const Page&>(*std::get<decision>(out).reply);
  CHECK(page.items_size() == 10);
  CHECK_FALSE(page.has_next_cursor());
}

TEST_CASE(
    "a post without followers is in its author's feed only; with followers it is due in theirs") {
  home h;
  auto alone = h.takes(&home_entity::on_published, post_by(id(1), 30), h.none);
  CHECK(names(alone)[0] == "feed.insert_post");
  CHECK(names(alone)[1] == "feed.insert_own_entry");
  CHECK(event_names(alone) == std::vector<std::string>{"feed.PostReady"});
  h.state.followers = 2;
  auto due = h.takes(&home_entity::on_published, post_by(id(1), 31), h.none);
  CHECK(event_names(due) == std::vector<std::string>{"feed.EntryDue", "feed.PostReady"});
  h.state.big = true;
  auto merged = h.takes(&home_entity::on_published, post_by(id(1), 32), h.none);
  CHECK(event_names(merged) == std::vector<std::string>{"feed.PostReady"});
}

TEST_CASE("the author's followers are counted, and the limit is told once when it is crossed") {
  home h;
  FollowerGained gained;
  FollowerLost lost;
  for (int i = 0; i < 2; ++i) h.takes(&home_entity::on_gained, gained, h.none);
  const auto third = h.takes(&home_entity::on_gained, gained, h.none);
  CHECK(event_names(third) == std::vector<std::string>{"feed.FanoutChanged", "feed.BackfillDue"});
  CHECK(h.state.big);
  CHECK(event_names(h.takes(&home_entity::on_gained, gained, h.none)) ==
        std::vector<std::string>{"feed.BackfillDue"});
  h.takes(&home_entity::on_lost, lost, h.none);
  CHECK(h.state.big);
  const auto back = h.takes(&home_entity::on_lost, lost, h.none);
  CHECK(back.events.empty() == (h.state.followers * 100 >= 3 * 67));
  while (h.state.followers > 0) h.takes(&home_entity::on_lost, lost, h.none);
  CHECK_FALSE(h.state.big);
}

TEST_CASE("a follow that is known, a follow of oneself and a request that ends change nothing") {
  home h;
  user::Followed follow;
  follow.set_followed_id(to_string(id(2)));
  runtime::reads known;
  known.append(storage::rows(1, {true}));
  runtime::reads unknown;
  unknown.append(storage::rows());
  CHECK(h.takes(&home_entity::on_followed, follow, known).statements.empty());
  const auto d = h.takes(&home_entity::on_followed, follow, unknown);
  CHECK(names(d)[0] == "feed.insert_follow");
  CHECK(event_names(d) == std::vector<std::string>{"feed.FollowerGained"});
  follow.set_followed_id(to_string(id(1)));
  CHECK(h.takes(&home_entity::on_followed, follow, unknown).statements.empty());

  user::Unfollowed end;
  end.set_followed_id(to_string(id(2)));
  CHECK(h.takes(&home_entity::on_unfollowed, end, unknown).statements.empty());
  CHECK(names(h.takes(&home_entity::on_unfollowed, end, known)) ==
        std::vector<std::string>{"feed.delete_follow", "feed.forget_author"});
  end.set_requested(true);
  CHECK(h.takes(&home_entity::on_unfollowed, end, known).statements.empty());
}

TEST_CASE(
    "why answers the parts, the weights and the score; a post that is not there is not found") {
  home h;
  h.state.preferences.mutable_weights()->set_recency(2);
  WhyRequest q;
  q.set_post_id(to_string(id(9)));
  runtime::reads found;
  found.append(
      storage::rows(9, {storage::timestamp{h.context.now}, id(9), id(50), id(51), std::int64_t{2},
                        std::int64_t{0}, std::int64_t{0}, 0.0, storage::timestamp{h.context.now}}));
  const auto out = home_entity::why(h.state, q, h.context, found);
  const auto& reply = dynamic_cast<const WhyReply&>(*std::get<decision>(out).reply);
  CHECK(reply.reason() == "share");
  CHECK(reply.parts().recency() == 1);
  CHECK(reply.weights().recency() == 2);
  CHECK(reply.score() == doctest::Approx(2));
  runtime::reads none;
  none.append(storage::rows());
  CHECK(std::get<error>(home_entity::why(h.state, q, h.context, none)).code == errc::not_found);
}

TEST_CASE("a ranked first page keeps its order when there is more") {
  home h;
  h.state.preferences.set_mode("ranked");
  GetPageRequest q;
  q.set_limit(1);
  std::vector<storage::value> cells;
  for (std::uint8_t post : {8, 9})
    cells.insert(cells.end(), {storage::timestamp{9'000'000}, id(post), id(50), id(50),
                               std::int64_t{1}, std::int64_t{post == 8 ? 100 : 0}, std::int64_t{0},
                               0.0, storage::timestamp{9'000'000}});
  runtime::reads r;
  r.append(storage::rows(9, std::move(cells)));
  const auto kept = home_entity::get_page(h.state, q, h.context, r);
  CHECK(std::holds_alternative<runtime::ask>(std::get<runtime::need>(kept).items[0]));
  KeptRanking reply;
  reply.set_made_at(9'999'999);
  r.append(rpc::reply_result(runtime::share(std::move(reply))));
  const auto out = home_entity::get_page(h.state, q, h.context, r);
  const auto& page = dynamic_cast<const Page&>(*std::get<decision>(out).reply);
  REQUIRE(page.items_size() == 1);
  CHECK(page.items(0).post().post_id() == to_string(id(8)));
  CHECK(page.items(0).score() > 1);
  CHECK(page.as_of() == 9'999'999);
  CHECK(page.has_next_cursor());
}
