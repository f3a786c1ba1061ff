// Counters of content equal its rows after any history: many accounts act at random, and at the end everything is counted.
#include "tests/content/content_world.hpp"

#include <map>
#include <random>

using namespace nova;
using namespace nova::content;

namespace {

constexpr int acts = 400;
constexpr const char* emojis[] = {"👍", "❤", "❤️", "😀"};

struct history : world {
  std::mt19937 random{20'231'129};
  std::vector<rpc::caller> people{person("ann"), person("bob"), person("cyd")};
  std::vector<std::string> posts{post(people[0], "one").post_id(),
                                 post(people[1], "two").post_id()};
  std::vector<std::string> comments;
  std::vector<std::string> quotes;

  std::size_t one_of(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  }

  void comment_somewhere(const rpc::caller& who, const std::string& id) {
    const auto parent =
        !comments.empty() && one_of(2) == 0 ? comments[one_of(comments.size())] : "";
    if (auto made = comment(who, id, "text", parent)) comments.push_back(made->comment_id());
  }

  void quote(const rpc::caller& who, const std::string& id) {
    CreatePostRequest q;
    q.set_text("quote");
    q.set_quote(id);
    if (auto made = post(who, q)) quotes.push_back(made->post_id());
  }

  void act() {
    const auto& who = people[one_of(people.size())];
    const auto& id = posts[one_of(posts.size())];
    switch (one_of(10)) {
      case 0:
      case 1: react(who, id, emojis[one_of(4)]); break;
      case 2: unreact(who, id, emojis[one_of(4)]); break;
      case 3: on<api::share>(who, id); break;
      case 4: on<api::unshare>(who, id); break;
      case 5:
      case 6: comment_somewhere(who, id); break;
      case 7:
        if (!comments.empty()) delete_comment(who, comments[one_of(comments.size())]);
        break;
      case 8: quote(who, id); break;
      default:
        if (!quotes.empty()) {
          const auto& which = quotes[one_of(quotes.size())];
          if (one_of(2) == 0) on<api::delete_post>(who, which);
          else on<api::restore_post>(who, which);
        }
    }
  }

  /// Posts whose counters differ from the rows.
  std::int64_t wrong() {
    std::int64_t n = 0;
    for (const auto& id : posts)
      n += count(
          "SELECT count(*) FROM post p WHERE p.post_id = $1 AND (p.comments <> (SELECT count(*) "
          "FROM comment c WHERE c.post_id = $1 AND NOT c.deleted) OR p.shares <> (SELECT count(*) "
          "FROM share WHERE post_id = $1) OR p.quotes <> (SELECT count(*) FROM post q WHERE "
          "q.quote_id = $1 AND q.deleted_at IS NULL) OR EXISTS (SELECT 1 FROM reaction_count k "
          "WHERE k.subject_id = $1 AND k.n <> (SELECT count(*) FROM reaction r WHERE r.subject_id "
          "= $1 AND r.emoji = k.emoji)) OR EXISTS (SELECT 1 FROM comment c WHERE c.post_id = $1 "
          "AND c.replies <> (SELECT count(*) FROM comment a WHERE a.parent_id = c.comment_id AND "
          "NOT (a.deleted AND a.replies = 0))))",
          *parse_uuid(id));
    return n;
  }
};

}  // namespace

TEST_CASE_FIXTURE(history, "counters are the numbers of their rows after any history") {
  for (int i = 0; i < acts; ++i) act();
  CHECK(until([&] { return wrong() == 0; }));
  CHECK(comments.size() > 20);
  CHECK(quotes.size() > 5);
}
