// The end of an account in content: what it made goes in bounded steps, counters of others stay the numbers of their rows.
#include "storage/content/erasure_queries.hpp"
#include "tests/content/content_world.hpp"

using namespace nova;
using namespace nova::content;

namespace {

constexpr std::int64_t grace_ms = 60'000;

config::content_settings settings(bool keep_comments) {
  config::content_settings s;
  s.keep_comments = keep_comments;
  s.purge_rows = 50;
  return s;
}

template <bool KeepComments>
struct leaving : world {
  leaving() : world(grace_ms, settings(KeepComments)) {}

  /// Until the certificate is there.
  auth::Deletion leave(const rpc::caller& who) {
    auth::DeleteAccountRequest q;
    q.set_password("correct horse battery staple");
    const auto left = call<auth::auth_interface::delete_account>(q, who);
    REQUIRE(left.has_value());
    pass(grace_ms + 1);
    restart();  // reminders run on the steady clock
    auth::GetDeletionRequest get;
    get.set_certificate_id(left->certificate_id());
    REQUIRE(until([&] { return call<auth::auth_interface::get_deletion>(get).has_value(); }));
    return call<auth::auth_interface::get_deletion>(get).value();
  }
  std::int64_t named(const uuid& who) {
    return count(
        "SELECT (SELECT count(*) FROM post WHERE author_id = $1) + (SELECT count(*) FROM comment "
        "WHERE author_id = $1) + (SELECT count(*) FROM reaction WHERE account_id = $1) + (SELECT "
        "count(*) FROM share WHERE account_id = $1) + (SELECT count(*) FROM vote WHERE account_id "
        "= $1) + (SELECT count(*) FROM person WHERE account_id = $1) + (SELECT count(*) FROM "
        "tag_follow WHERE account_id = $1) + (SELECT count(*) FROM block WHERE account_id = $1 OR "
        "blocked_id = $1) + (SELECT count(*) FROM erasure WHERE account_id = $1)",
        who);
  }
  std::int64_t words_told() {
    return count(
        "SELECT count(*) FROM outbox WHERE position(convert_to('marker', 'UTF8') IN payload) > 0 "
        "AND $1::uuid IS NOT NULL",
        uuid{});
  }
};

using leaving_with_all = leaving<false>;
using leaving_comments = leaving<true>;

}  // namespace

TEST_CASE_FIXTURE(leaving_with_all, "every query of an erasure fits the schema and the role") {
  CHECK(test::unpreparable(conninfo("content"), queries::all_erasure()) ==
        std::vector<std::string>{});
}

TEST_CASE_FIXTURE(leaving_with_all,
                  "the end of an account takes more than one step holds, and counters stay exact") {
  const auto ann = person("ann"), bob = person("bob"), cyd = person("cyd");
  const auto bobs = post(bob, "of bob").post_id();
  std::vector<std::string> anns;
  for (int i = 0; i < 60; ++i) anns.push_back(post(ann, "marker " + std::to_string(i)).post_id());
  REQUIRE(comment(bob, anns[0], "under ann").has_value());
  REQUIRE(on<api::delete_post>(ann, anns[1]).has_value());
  std::vector<std::string> others;
  for (int i = 0; i < 25; ++i) {
    others.push_back(post(bob, std::to_string(i)).post_id());
    REQUIRE(react(ann, others.back(), "👍").has_value());
    REQUIRE(react(cyd, others.back(), "👍").has_value());
    REQUIRE(on<api::share>(ann, others.back()).has_value());
  }
  const auto parent = comment(ann, bobs, "marker above").value().comment_id();
  REQUIRE(comment(cyd, bobs, "below", parent).has_value());
  REQUIRE(comment(ann, bobs, "marker alone").has_value());
  CHECK(get(cyd, bobs)->counts().comments() == 3);
  block(ann, cyd);
  REQUIRE(until([&] { return named(cyd.account) > 1; }));
  CHECK(words_told() > 0);

  const auto certificate = leave(ann);
  CHECK(certificate.domains().at("content").erased() >= 60 + 2 + 25 + 25);
  CHECK(certificate.domains().at("content").anonymised() == 0);
  CHECK(named(ann.account) == 0);
  CHECK(words_told() == 0);
  CHECK(count("SELECT count(*) FROM post WHERE text LIKE '%marker%' AND $1::uuid IS NOT NULL",
              uuid{}) == 0);
  CHECK(until([&] {
    return count("SELECT count(*) FROM post WHERE author_id = $1", uuid{}) == 0;  // purged
  }));
  CHECK_FALSE(sees(bob, anns[0]));
  CHECK(get(cyd, bobs)->counts().comments() == 1);
  for (const auto& id : others) {
    CHECK(get(bob, id)->counts().shares() == 0);
    CHECK(get(bob, id)->counts().reactions().at("👍") == 1);
  }
  const auto left = comments(cyd, bobs);
  REQUIRE(left.items_size() == 1);
  CHECK(left.items(0).deleted());
  CHECK(left.items(0).comment_id() == parent);
  CHECK(comments(cyd, bobs, parent).items_size() == 1);
}

TEST_CASE_FIXTURE(leaving_comments,
                  "with keep_comments the text stays, and belongs to no account") {
  const auto ann = person("ann"), bob = person("bob");
  const auto bobs = post(bob, "of bob").post_id();
  REQUIRE(comment(ann, bobs, "one").has_value());
  REQUIRE(comment(ann, bobs, "two").has_value());
  const auto certificate = leave(ann);
  CHECK(certificate.domains().at("content").anonymised() == 2);
  CHECK(named(ann.account) == 0);
  CHECK(get(bob, bobs)->counts().comments() == 2);
  const auto left = comments(bob, bobs);
  REQUIRE(left.items_size() == 2);
  CHECK(left.items(0).text() == "one");
  CHECK(left.items(0).author().account_id() != to_string(ann.account));
  CHECK(left.items(0).author().account_id() != left.items(1).author().account_id());
}
