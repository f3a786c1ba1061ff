// feed on a real runtime and a real PostgreSQL, beside stand-ins for the domains whose events it takes: what each account reads,
// page by page, is compared with the definition of a feed.
#include "actors/feed/feed_descriptor.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/feed/feed.nova.hpp"
#include "protocols/feed/feed.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/feed/feed_queries.hpp"
#include "tests/feed/feed_model.hpp"
#include "tests/feed/feed_sources.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace nova;
using namespace nova::feed;
using test::feed_model;

namespace {

using entry = feed_model::entry;
using entries = std::vector<entry>;

struct world : test::domain_node {
  explicit world(config::feed_settings s = {})
      : domain_node({test::part_of(feed::descriptor(), s), test::event_source("user"),
                     test::event_source("content")}) {}

  rpc::caller as(const uuid& account) { return test::caller_of(account, account); }
  uuid new_id() { return make_uuid_v7(now(), system_random()); }

  result<Page> page(const uuid& account, std::int64_t limit,
                    const std::optional<std::string>& cursor = std::nullopt) {
    GetPageRequest q;
    q.set_limit(limit);
    if (cursor) q.set_cursor(*cursor);
    return call<feed_interface::get_page>(q, as(account));
  }
  static entries of(const Page& p) {
    entries out;
    for (const auto& i : p.items())
      out.push_back({*parse_uuid(i.post().post_id()), i.reason(),
                     parse_uuid(i.shared_by().account_id()).value_or(uuid{})});
    return out;
  }
  /// All pages, each of `limit` entries.
  entries feed(const uuid& account, std::int64_t limit = 200) {
    entries out;
    std::optional<std::string> cursor;
    do {
      const auto p = page(account, limit, cursor).value();
      const auto more = of(p);
      out.insert(out.end(), more.begin(), more.end());
      cursor = p.has_next_cursor() ? std::optional(p.next_cursor()) : std::nullopt;
    } while (cursor);
    return out;
  }
  bool agrees(const feed_model& m, const uuid& account, std::int64_t limit = 200) {
    return feed(account, limit) == m.feed(account);
  }

  void prefer(const uuid& account, const SetPreferencesRequest& q) {
    REQUIRE(call<feed_interface::set_preferences>(q, as(account)).has_value());
  }

  /// No two posts and shares at once, so that the order is that of the calls.
  unix_ms next_moment() { return last_moment = std::max(last_moment + 1, now()); }
  unix_ms last_moment = 0;

  // Each tells feed and the model.
  uuid post(feed_model& m, const uuid& author, feed_model::post p = {}) {
    content::PostPublished e;
    const auto id = new_id();
    p.author = author;
    p.at = next_moment();
    e.set_post_id(to_string(id));
    e.set_author_id(to_string(author));
    e.set_at(p.at);
    e.set_visibility(p.visibility);
    for (const auto& who : p.mentions) e.add_mentions(to_string(who));
    for (const auto& tag : p.tags) e.add_hashtags(tag);
    if (p.quote) e.set_quote_id(to_string(id));
    e.set_text(p.text);
    m.posts[id] = std::move(p);
    test::publish(*this, content::post_published_event(), e);
    return id;
  }
  void remove(feed_model& m, const uuid& post) {
    content::PostDeleted e;
    e.set_post_id(to_string(post));
    e.set_author_id(to_string(m.posts.at(post).author));
    m.posts.at(post).deleted = true;
    test::publish(*this, content::post_deleted_event(), e);
  }
  void restore(feed_model& m, const uuid& post) {
    auto& p = m.posts.at(post);
    content::PostRestored e;
    e.set_post_id(to_string(post));
    e.set_author_id(to_string(p.author));
    e.set_published_at(p.at);
    e.set_visibility(p.visibility);
    for (const auto& who : p.mentions) e.add_mentions(to_string(who));
    for (const auto& tag : p.tags) e.add_hashtags(tag);
    if (p.quote) e.set_quote_id(to_string(post));
    e.set_text(p.text);
    p.deleted = false;
    test::publish(*this, content::post_restored_event(), e);
  }
  void show_to(feed_model& m, const uuid& post, const std::string& visibility) {
    auto& p = m.posts.at(post);
    content::PostVisibilityChanged e;
    e.set_post_id(to_string(post));
    e.set_author_id(to_string(p.author));
    e.set_visibility(visibility);
    e.set_before(p.visibility);
    e.set_published_at(p.at);
    for (const auto& who : p.mentions) e.add_mentions(to_string(who));
    for (const auto& tag : p.tags) e.add_hashtags(tag);
    p.visibility = visibility;
    test::publish(*this, content::post_visibility_changed_event(), e);
  }
  void share(feed_model& m, const uuid& who, const uuid& post) {
    content::PostShared e;
    e.set_post_id(to_string(post));
    e.set_author_id(to_string(m.posts.at(post).author));
    e.set_account_id(to_string(who));
    e.set_at(next_moment());
    m.shares[{who, post}] = e.at();
    test::publish(*this, content::post_shared_event(), e);
  }
  void unshare(feed_model& m, const uuid& who, const uuid& post) {
    content::PostUnshared e;
    e.set_post_id(to_string(post));
    e.set_author_id(to_string(m.posts.at(post).author));
    e.set_account_id(to_string(who));
    m.shares.erase({who, post});
    test::publish(*this, content::post_unshared_event(), e);
  }
  void follow(feed_model& m, const uuid& who, const uuid& author) {
    user::Followed e;
    e.set_account_id(to_string(who));
    e.set_followed_id(to_string(author));
    e.set_at(now());
    m.follow(who, author);
    test::publish(*this, user::followed_event(), e);
  }
  void unfollow(feed_model& m, const uuid& who, const uuid& author) {
    user::Unfollowed e;
    e.set_account_id(to_string(who));
    e.set_followed_id(to_string(author));
    m.follows.erase({who, author});
    test::publish(*this, user::unfollowed_event(), e);
  }
  void mute(feed_model& m, const uuid& who, const uuid& other,
            std::optional<unix_ms> until = std::nullopt) {
    user::Muted e;
    e.set_account_id(to_string(who));
    e.set_muted_id(to_string(other));
    if (until) e.set_until(*until);
    m.mutes.insert({who, other});
    test::publish(*this, user::muted_event(), e);
  }
  void unmute(feed_model& m, const uuid& who, const uuid& other) {
    user::Unmuted e;
    e.set_account_id(to_string(who));
    e.set_muted_id(to_string(other));
    m.mutes.erase({who, other});
    test::publish(*this, user::unmuted_event(), e);
  }
  /// As user tells it: the block, and the end of the follows in both directions.
  void block(feed_model& m, const uuid& who, const uuid& other) {
    user::Blocked e;
    e.set_account_id(to_string(who));
    e.set_blocked_id(to_string(other));
    m.blocks.insert({who, other});
    test::publish(*this, user::blocked_event(), e);
    unfollow(m, who, other);
    unfollow(m, other, who);
  }
  void unblock(feed_model& m, const uuid& who, const uuid& other) {
    user::Unblocked e;
    e.set_account_id(to_string(who));
    e.set_blocked_id(to_string(other));
    m.blocks.erase({who, other});
    test::publish(*this, user::unblocked_event(), e);
  }
  void follow_tag(feed_model& m, const uuid& who, const std::string& tag) {
    content::HashtagFollowed e;
    e.set_account_id(to_string(who));
    e.set_tag(tag);
    m.tags.insert({who, tag});
    test::publish(*this, content::hashtag_followed_event(), e);
  }
  void unfollow_tag(feed_model& m, const uuid& who, const std::string& tag) {
    content::HashtagUnfollowed e;
    e.set_account_id(to_string(who));
    e.set_tag(tag);
    m.tags.erase({who, tag});
    test::publish(*this, content::hashtag_unfollowed_event(), e);
  }
};

std::vector<uuid> people(world& w, int n) {
  std::vector<uuid> out;
  for (int i = 0; i < n; ++i) out.push_back(w.new_id());
  return out;
}

/// One random act of a history.
void act(world& w, feed_model& m, const std::vector<uuid>& who, std::mt19937& dice) {
  const auto any = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(dice);
  };
  const auto a = who[any(who.size())];
  auto b = who[any(who.size())];
  while (b == a) b = who[any(who.size())];
  const std::string tag = (any(2) == 0 ? "tea" : "engines") + to_string(who[0]);
  const auto kind = any(20);
  if (kind < 6 || m.posts.empty()) {
    feed_model::post p;
    const auto seen = any(8);
    p.visibility = seen == 0 ? "followers" : seen == 1 ? "mentioned" : "public";
    if (any(2) == 0) p.mentions.push_back(b);
    if (any(3) == 0) p.tags.push_back(tag);
    p.quote = any(6) == 0;
    w.post(m, a, std::move(p));
    return;
  }
  auto picked = m.posts.begin();
  std::advance(picked, static_cast<std::ptrdiff_t>(any(m.posts.size())));
  const auto post = picked->first;
  const auto& p = picked->second;
  const bool shareable = !p.deleted && p.visibility == "public" && p.author != a;
  switch (kind) {
    case 6: return p.deleted ? w.restore(m, post) : w.remove(m, post);
    case 7: {
      constexpr std::array all{"public", "followers", "mentioned"};
      if (!p.deleted) w.show_to(m, post, all[any(3)]);
      return;
    }
    case 8:
    case 9:
      if (m.shares.contains({a, post})) w.unshare(m, a, post);
      else if (shareable) w.share(m, a, post);
      return;
    case 10: return m.mutes.contains({a, b}) ? w.unmute(m, a, b) : w.mute(m, a, b);
    case 11: return m.blocks.contains({a, b}) ? w.unblock(m, a, b) : w.block(m, a, b);
    case 12: return m.tags.contains({a, tag}) ? w.unfollow_tag(m, a, tag) : w.follow_tag(m, a, tag);
    default:
      if (m.follows.contains({a, b})) return any(3) == 0 ? w.unfollow(m, a, b) : void();
      if (!m.blocked(a, b)) w.follow(m, a, b);
  }
}

}  // namespace

TEST_CASE("PostgreSQL accepts every query") {
  world w;
  CHECK(test::unpreparable(w.conninfo("feed"), queries::all()) == std::vector<std::string>());
}

TEST_CASE("after any history each feed, read page by page, is what the definition says") {
  world w({.fanout_limit = 3, .fanout_return_percent = 67});
  for (const unsigned seed : {1, 2, 3}) {
    CAPTURE(seed);
    std::mt19937 dice(seed);
    feed_model m;
    const auto who = people(w, 6);
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 50; ++i) act(w, m, who, dice);
      for (const auto& account : who) {
        if (!w.until([&] { return w.agrees(m, account); })) {
          CAPTURE(round);
          CHECK(m.describe(w.feed(account)) == m.describe(m.feed(account)));
        }
        CHECK(w.agrees(m, account, 3));
      }
    }
    SetPreferencesRequest q;
    q.set_show_shares(false);
    q.set_show_replies(false);
    w.prefer(who[0], q);
    m.plain.insert(who[0]);
    CHECK(m.describe(w.feed(who[0])) == m.describe(m.feed(who[0])));
  }
}

TEST_CASE(
    "a cursor shows each post that was there once, while posts come and authors are followed") {
  world w;
  feed_model m;
  const auto who = people(w, 3);
  const auto &ada = who[0], &bob = who[1], &cleo = who[2];
  for (int i = 0; i < 9; ++i) w.post(m, cleo);
  w.follow(m, ada, bob);
  for (int i = 0; i < 9; ++i) w.post(m, bob);
  REQUIRE(w.until([&] { return w.agrees(m, ada); }));
  const auto expected = m.feed(ada);
  auto first = w.page(ada, 4).value();
  auto seen = w.of(first);
  w.pass(5);
  for (int i = 0; i < 4; ++i) w.post(m, bob);
  w.follow(m, ada, cleo);
  REQUIRE(w.until([&] { return w.agrees(m, ada); }));
  for (auto page = first; page.has_next_cursor();) {
    page = w.page(ada, 4, page.next_cursor()).value();
    CHECK(page.as_of() == first.as_of());
    for (const auto& e : w.of(page)) seen.push_back(e);
  }
  CHECK(seen == expected);
  CHECK(w.page(bob, 4, first.next_cursor()).error().code == errc::invalid_request);
  w.pass(3'600'000);
  CHECK(w.page(ada, 4, first.next_cursor()).error().code == errc::expired);
}

TEST_CASE("a follow brings the author's last 50 posts, of authors merged at reading as well") {
  for (const std::int64_t limit : {10'000, 1}) {
    CAPTURE(limit);
    world w({.fanout_limit = limit});
    feed_model m;
    const auto who = people(w, 2);
    std::vector<uuid> posts;
    for (int i = 0; i < 55; ++i) posts.push_back(w.post(m, who[1]));
    REQUIRE(w.until([&] { return w.feed(who[1]).size() == 55; }));
    w.follow(m, who[0], who[1]);
    REQUIRE(w.until([&] { return w.feed(who[0]).size() == 50; }));
    CHECK(w.feed(who[0]).back().post == posts[5]);
    w.post(m, who[1]);
    CHECK(w.until([&] { return w.feed(who[0]).size() == 51; }));
  }
}

TEST_CASE("a muted word hides posts that have it, a mute ends by itself, and why tells the parts") {
  world w;
  feed_model m;
  const auto who = people(w, 3);
  w.follow(m, who[0], who[1]);
  w.follow(m, who[0], who[2]);
  feed_model::post spoiling;
  spoiling.text = "What a SPOILER!";
  const auto hidden = w.post(m, who[1], spoiling);
  const auto shown = w.post(m, who[1]);
  w.post(m, who[2]);
  REQUIRE(w.until([&] { return w.feed(who[0]).size() == 3; }));

  SetPreferencesRequest q;
  q.add_muted_words("spoiler");
  w.prefer(who[0], q);
  CHECK(w.feed(who[0]).size() == 2);
  w.mute(m, who[0], who[2], w.now() + 1'000'000);
  REQUIRE(w.until([&] { return w.feed(who[0]).size() == 1; }));
  CHECK(w.feed(who[0])[0].post == shown);

  WhyRequest why;
  why.set_post_id(to_string(shown));
  const auto told = w.call<feed_interface::why>(why, w.as(who[0])).value();
  CHECK(told.reason() == "following");
  CHECK(told.parts().recency() > 0.9);
  CHECK(told.score() > 0.9);
  why.set_post_id(to_string(hidden));
  CHECK(w.call<feed_interface::why>(why, w.as(who[0])).error().code == errc::not_found);
  w.pass(1'000'001);
  CHECK(w.feed(who[0]).size() == 2);
}

TEST_CASE("a ranked feed puts first what others react to, and keeps its order from page to page") {
  world w;
  feed_model m;
  const auto who = people(w, 3);
  w.follow(m, who[0], who[1]);
  std::vector<uuid> posts;
  for (int i = 0; i < 5; ++i) posts.push_back(w.post(m, who[1]));
  REQUIRE(w.until([&] { return w.feed(who[0]).size() == 5; }));
  const auto react = [&](const uuid& to, const uuid& by) {
    content::ReactionSet e;
    e.set_post_id(to_string(to));
    e.set_author_id(to_string(who[1]));
    e.set_account_id(to_string(by));
    e.set_emoji("👍");
    test::publish(w, content::reaction_set_event(), e);
  };
  SetPreferencesRequest q;
  q.set_mode("ranked");
  q.mutable_weights()->set_reactions(10);
  w.prefer(who[0], q);
  for (int i = 0; i < 3; ++i) react(posts[1], who[2]);
  REQUIRE(w.until([&] { return w.feed(who[0])[0].post == posts[1]; }));
  const auto first = w.page(who[0], 2).value();
  CHECK(first.items(0).score() > first.items(1).score());
  for (int i = 0; i < 9; ++i) react(posts[0], who[2]);
  REQUIRE(w.until([&] { return w.feed(who[0])[0].post == posts[0]; }));
  auto seen = w.of(first);
  for (auto page = first; page.has_next_cursor();) {
    page = w.page(who[0], 2, page.next_cursor()).value();
    for (const auto& e : w.of(page)) seen.push_back(e);
  }
  REQUIRE(seen.size() == 5);
  std::set<uuid> different;
  for (const auto& e : seen) different.insert(e.post);
  CHECK(different.size() == 5);
  CHECK(seen[0].post == posts[1]);
}

TEST_CASE("affinity and conversation rank as well, each by its weight, and why tells them") {
  world w;
  feed_model m;
  const auto who = people(w, 4);
  w.follow(m, who[0], who[1]);
  w.follow(m, who[0], who[2]);
  std::vector<uuid> posts;
  for (int i = 0; i < 2; ++i) posts.push_back(w.post(m, who[1]));
  for (int i = 0; i < 2; ++i) posts.push_back(w.post(m, who[2]));
  REQUIRE(w.until([&] { return w.feed(who[0]).size() == 4; }));
  const auto comment = [&](const uuid& post, const uuid& by) {
    content::CommentMade e;
    e.set_comment_id(to_string(w.new_id()));
    e.set_post_id(to_string(post));
    e.set_post_author_id(to_string(m.posts.at(post).author));
    e.set_author_id(to_string(by));
    test::publish(w, content::comment_made_event(), e);
  };
  const auto rank_by = [&](double affinity, double conversation) {
    SetPreferencesRequest q;
    q.set_mode("ranked");
    q.mutable_weights()->set_recency(0);
    q.mutable_weights()->set_reactions(0);
    q.mutable_weights()->set_affinity(affinity);
    q.mutable_weights()->set_conversation(conversation);
    w.prefer(who[0], q);
  };
  const auto parts = [&](const uuid& post) {
    WhyRequest q;
    q.set_post_id(to_string(post));
    return w.call<feed_interface::why>(q, w.as(who[0])).value().parts();
  };
  // The reader speaks with the author of the older posts; others speak under one of the newer ones.
  comment(posts[0], who[0]);
  for (int i = 0; i < 5; ++i) comment(posts[2], who[3]);
  REQUIRE(w.until([&] { return parts(posts[2]).conversation() > parts(posts[0]).conversation(); }));
  REQUIRE(w.until([&] { return parts(posts[1]).affinity() > 0; }));
  CHECK(parts(posts[3]).affinity() == 0);
  CHECK(parts(posts[3]).conversation() == 0);
  const auto order = [&] {
    std::vector<uuid> out;
    for (const auto& e : w.feed(who[0])) out.push_back(e.post);
    return out;
  };
  rank_by(10, 0);  // equal scores: the newest first
  CHECK(order() == std::vector{posts[1], posts[0], posts[3], posts[2]});
  rank_by(0, 10);
  CHECK(order() == std::vector{posts[2], posts[0], posts[3], posts[1]});
}

TEST_CASE("an unfollow, a deletion and the end of a share take the rows out of the timelines too") {
  world w;
  feed_model m;
  const auto who = people(w, 5);
  for (std::size_t author = 1; author <= 3; ++author) w.follow(m, who[0], who[author]);
  std::vector<uuid> posts;
  for (std::size_t author = 1; author <= 4; ++author)
    for (int i = 0; i < 3; ++i) posts.push_back(w.post(m, who[author]));
  w.share(m, who[3], posts[9]);
  static const storage::query by_way{
      .name = "feed_pgtest.by_way",
      .sql = "SELECT count(*) FROM timeline WHERE account_id = $1 AND via_id = $2"};
  static const storage::query of_post{
      .name = "feed_pgtest.of_post",
      .sql = "SELECT count(*) FROM timeline WHERE account_id = $1 AND post_id = $2"};
  const auto rows = [&](const storage::query& q, const uuid& id) {
    return w.read("feed", {&q, {who[0], id}}).int8(0, 0);
  };
  REQUIRE(w.until([&] { return w.feed(who[0]).size() == 10; }));
  REQUIRE(rows(by_way, who[1]) == 3);
  REQUIRE(rows(by_way, who[2]) == 3);
  REQUIRE(rows(by_way, who[3]) == 4);

  w.unfollow(m, who[0], who[1]);
  CHECK(w.until([&] { return rows(by_way, who[1]) == 0; }));
  w.block(m, who[2], who[0]);
  CHECK(w.until([&] { return rows(by_way, who[2]) == 0; }));
  w.remove(m, posts[6]);
  CHECK(w.until([&] { return rows(of_post, posts[6]) == 0; }));
  w.remove(m, posts[9]);  // shared: also where it came by another's way
  CHECK(w.until([&] { return rows(of_post, posts[9]) == 0; }));
  CHECK(rows(by_way, who[3]) == 2);
  CHECK(w.agrees(m, who[0]));
}

TEST_CASE("sockets of readers are told of a new post, and those who mute its author are not") {
  world w;
  feed_model m;
  const auto who = people(w, 3);
  w.follow(m, who[1], who[0]);
  w.follow(m, who[2], who[0]);
  w.mute(m, who[2], who[0]);
  w.post(m, who[0]);
  REQUIRE(w.until([&] { return w.agrees(m, who[1]) && w.agrees(m, who[2]); }));
  for (std::size_t i = 0; i < who.size(); ++i) w.attach(i + 1, who[i]);
  w.post(m, who[0]);
  CHECK(w.until([&] {
    return !w.pushes(1).empty() && !w.pushes(2).empty() && w.pushes(2).back() == "feed.post";
  }));
  CHECK(w.pushes(3).empty());
}

TEST_CASE("feeds are the same after a restart, and go on") {
  world w;
  feed_model m;
  const auto who = people(w, 2);
  w.follow(m, who[0], who[1]);
  w.post(m, who[1]);
  w.restart();
  CHECK(w.until([&] { return w.agrees(m, who[0]); }));
  w.post(m, who[1]);
  CHECK(w.until([&] { return w.agrees(m, who[0]) && w.feed(who[0]).size() == 2; }));
}
