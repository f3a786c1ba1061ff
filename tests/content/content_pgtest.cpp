// content on a real runtime and a real PostgreSQL, beside auth and user, whose events it takes.
#include "tests/content/content_world.hpp"

#include <future>
#include <set>

using namespace nova;
using namespace nova::content;

TEST_CASE_FIXTURE(world, "PostgreSQL accepts every query") {
  CHECK(test::unpreparable(conninfo("content"), queries::all()) == std::vector<std::string>());
}

TEST_CASE_FIXTURE(world,
                  "a post is there at once, keeps its earlier texts, and outlives a restart") {
  const auto ann = person("ann"), bob = person("bob");
  CreatePostRequest q;
  q.set_text("Hello @bob #Tea");
  q.set_language("en");
  const auto made = post(ann, q, "key-1").value();
  CHECK(post(ann, q, "key-1")->post_id() == made.post_id());
  CHECK(made.author().account_id() == to_string(ann.account));
  REQUIRE(made.entities_size() == 2);
  CHECK(made.entities(0).account_id() == to_string(bob.account));
  CHECK(get(bob, made.post_id())->SerializeAsString() == made.SerializeAsString());

  EditPostRequest edit;
  edit.set_post_id(made.post_id());
  edit.set_text("Bye");
  edit.set_content_warning("sad");
  CHECK(code(call<api::edit_post>(edit, bob)) == errc::forbidden);
  const auto edited = call<api::edit_post>(edit, ann).value();
  CHECK(edited.text() == "Bye");
  CHECK(edited.has_edited_at());
  CHECK(edited.entities_size() == 0);
  edit.set_text("Bye again");
  REQUIRE(call<api::edit_post>(edit, ann).has_value());
  restart();
  CHECK(get(bob, made.post_id())->text() == "Bye again");
  HistoryRequest h;
  h.set_post_id(made.post_id());
  const auto history = call<api::history>(h, bob).value();
  REQUIRE(history.items_size() == 2);
  CHECK(history.items(0).text() == "Bye");
  CHECK(history.items(1).text() == "Hello @bob #Tea");
  CHECK(history.items(1).edited_at() == made.created_at());
  h.set_limit(1);
  h.set_cursor(call<api::history>(h, bob)->next_cursor());
  CHECK(call<api::history>(h, bob)->items(0).text() == "Hello @bob #Tea");
}

TEST_CASE_FIXTURE(world, "a deleted post comes back within its days, and is purged behind them") {
  const auto ann = person("ann"), bob = person("bob");
  const auto made = post(ann, "first");
  const auto id = *parse_uuid(made.post_id());
  REQUIRE(comment(bob, made.post_id(), "nice").has_value());
  REQUIRE(react(bob, made.post_id(), "👍").has_value());
  CHECK(code(on<api::delete_post>(bob, made.post_id())) == errc::forbidden);
  for (int i = 0; i < 2; ++i) CHECK(on<api::delete_post>(ann, made.post_id()).has_value());
  CHECK(code(get(ann, made.post_id())) == errc::not_found);
  CHECK(code(on<api::restore_post>(bob, made.post_id())) == errc::not_found);
  CHECK(on<api::restore_post>(ann, made.post_id())->text() == "first");
  CHECK(get(bob, made.post_id())->counts().comments() == 1);

  REQUIRE(on<api::delete_post>(ann, made.post_id()).has_value());
  pass(30LL * 24 * 3600 * 1000);
  restart();  // looks at the wall clock anew
  CHECK(code(on<api::restore_post>(ann, made.post_id())) == errc::not_found);
  CHECK(until([&] {
    return count(
               "SELECT (SELECT count(*) FROM post WHERE post_id = $1) + (SELECT count(*) FROM "
               "comment WHERE post_id = $1) + (SELECT count(*) FROM reaction WHERE subject_id = "
               "$1)",
               id) == 0;
  }));
  CHECK(code(on<api::restore_post>(ann, made.post_id())) == errc::not_found);
}

TEST_CASE_FIXTURE(world, "who may not see a post gets what is absent, by every way") {
  const auto ann = person("ann"), bob = person("bob"), cyd = person("cyd");
  const auto closed = post(ann, "for followers", "followers");
  const auto named = post(ann, "for @bob", "mentioned");
  CHECK(sees(ann, closed.post_id()));
  CHECK_FALSE(sees(bob, closed.post_id()));
  CHECK(sees(bob, named.post_id()));
  CHECK_FALSE(sees(cyd, named.post_id()));
  CHECK_FALSE(sees({}, named.post_id()));
  CHECK(code(react(cyd, named.post_id(), "👍")) == errc::not_found);
  CHECK(code(comment(cyd, named.post_id(), "hm")) == errc::not_found);
  CHECK(code(on<api::share>(bob, named.post_id())) == errc::forbidden);
  CHECK(code(on<api::bookmark>(cyd, named.post_id())) == errc::not_found);
  CHECK(code(on<api::delete_post>(cyd, named.post_id())) == errc::not_found);
  HistoryRequest h;
  h.set_post_id(named.post_id());
  CHECK(code(call<api::history>(h, bob)) == errc::not_found);
  CHECK(call<api::history>(h, ann).has_value());
  CreatePostRequest q;
  q.set_text("quoting");
  q.set_quote(named.post_id());
  CHECK(code(post(bob, q)) == errc::forbidden);
  CHECK(code(post(cyd, q)) == errc::not_found);
  CHECK(posts_of(bob, ann).items_size() == 1);
  CHECK(posts_of(ann, ann).items_size() == 2);

  const auto open = post(ann, "for all");
  CHECK(sees({}, open.post_id()));
  block(ann, cyd);
  CHECK(until([&] { return !sees(cyd, open.post_id()); }));
  CHECK(posts_of(cyd, ann).items_size() == 0);
}

TEST_CASE_FIXTURE(world, "comments are a thread; a deleted one with answers keeps its place") {
  const auto ann = person("ann"), bob = person("bob"), cyd = person("cyd");
  const auto id = post(ann, "thread").post_id();
  const auto first = comment(bob, id, "first @cyd").value();
  const auto answer = comment(cyd, id, "answer", first.comment_id()).value();
  CHECK(answer.parent() == first.comment_id());
  CHECK(code(comment(cyd, id, "to nobody", id)) == errc::not_found);
  CHECK(comments(ann, id).items(0).replies_count() == 1);
  CHECK(comments(ann, id, first.comment_id()).items(0).text() == "answer");
  CHECK(get(ann, id)->counts().comments() == 2);

  EditCommentRequest edit;
  edit.set_comment_id(first.comment_id());
  edit.set_text("edited");
  CHECK(code(call<api::edit_comment>(edit, ann)) == errc::forbidden);
  CHECK(call<api::edit_comment>(edit, bob)->text() == "edited");
  ReactToCommentRequest r;
  r.set_comment_id(first.comment_id());
  r.set_emoji("❤");
  REQUIRE(call<api::react_to_comment>(r, ann).has_value());
  CHECK(comments(ann, id).items(0).counts().reactions().at("❤️") == 1);
  CHECK(comments(ann, id).items(0).mine().reaction() == "❤️");

  CHECK(code(delete_comment(cyd, first.comment_id())) == errc::forbidden);
  for (int i = 0; i < 2; ++i) CHECK(delete_comment(ann, first.comment_id()).has_value());
  CHECK(comments(bob, id).items(0).deleted());
  CHECK(get(ann, id)->counts().comments() == 1);
  CHECK(delete_comment(cyd, answer.comment_id()).has_value());
  CHECK(comments(bob, id).items_size() == 0);
  CHECK(get(ann, id)->counts().comments() == 0);
}

TEST_CASE_FIXTURE(world, "one vote an account while the poll lasts") {
  const auto ann = person("ann"), bob = person("bob");
  CreatePostRequest q;
  q.mutable_poll()->add_options("tea");
  q.mutable_poll()->add_options("coffee");
  q.mutable_poll()->set_ends_in_s(60);
  const auto made = post(ann, q).value();
  VoteRequest v;
  v.set_post_id(made.post_id());
  v.add_choices(1);
  CHECK(call<api::vote>(v, bob)->options(1).votes() == 1);
  CHECK(code(call<api::vote>(v, bob)) == errc::conflict);
  CHECK(get(bob, made.post_id())->poll().mine(0) == 1);
  CHECK(get(ann, made.post_id())->poll().votes() == 1);
  pass(61'000);
  restart();  // looks at the wall clock anew
  CHECK(code(call<api::vote>(v, ann)) == errc::conflict);
  CHECK(get(ann, made.post_id())->poll().ended());
  CHECK(until([&] {
    return count("SELECT count(*) FROM outbox WHERE type = 4013 AND key = $1::uuid::text",
                 *parse_uuid(made.post_id())) == 1;
  }));
}

TEST_CASE_FIXTURE(world, "a scheduled post is its author's alone until its time") {
  const auto ann = person("ann"), bob = person("bob");
  CreatePostRequest q;
  q.set_text("later #tea");
  q.set_scheduled_at(now() + 60'000);
  const auto kept = post(ann, q).value();
  const auto dropped = post(ann, q).value();
  CHECK_FALSE(sees(ann, kept.scheduled_id()));
  CHECK(call<api::list_scheduled>({}, ann)->items_size() == 2);
  CancelScheduledRequest cancel;
  cancel.set_scheduled_id(dropped.scheduled_id());
  CHECK(code(call<api::cancel_scheduled>(cancel, bob)) == errc::not_found);
  CHECK(call<api::cancel_scheduled>(cancel, ann).has_value());
  pass(61'000);
  restart();  // looks at the wall clock anew
  CHECK(until([&] { return sees(bob, kept.scheduled_id()); }));
  CHECK(call<api::list_scheduled>({}, ann)->items_size() == 0);
  CHECK(posts_of(bob, ann).items_size() == 1);
  ListHashtagPostsRequest tagged;
  tagged.set_tag("TEA");
  CHECK(call<api::list_hashtag_posts>(tagged, bob)->items_size() == 1);
}

TEST_CASE_FIXTURE(world, "an account pins three of its posts at most") {
  const auto ann = person("ann"), bob = person("bob");
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(post(ann, std::to_string(i)).post_id());
  CHECK(code(on<api::pin>(bob, ids[0])) == errc::forbidden);
  for (int i = 0; i < 3; ++i)
    CHECK(on<api::pin>(ann, ids[static_cast<std::size_t>(i)]).has_value());
  CHECK(on<api::pin>(ann, ids[2]).has_value());
  CHECK(code(on<api::pin>(ann, ids[3])) == errc::conflict);
  CHECK(get(bob, ids[0])->pinned());
  REQUIRE(on<api::delete_post>(ann, ids[0]).has_value());
  CHECK(on<api::pin>(ann, ids[3]).has_value());
  CHECK(on<api::unpin>(ann, ids[3]).has_value());
  CHECK_FALSE(get(bob, ids[3])->pinned());
}

TEST_CASE_FIXTURE(world, "shares, bookmarks, drafts and hashtags are listed, newest first") {
  const auto ann = person("ann"), bob = person("bob");
  const auto one = post(ann, "one #tea").post_id(), two = post(ann, "two #Tea").post_id();
  for (const auto& id : {one, two}) {
    CHECK(on<api::share>(bob, id).has_value());
    CHECK(on<api::bookmark>(bob, id).has_value());
  }
  const auto shares = posts_of(ann, bob, "shares");
  REQUIRE(shares.items_size() == 2);
  CHECK(shares.items(0).post_id() == two);
  CHECK(shares.items(0).counts().shares() == 1);
  PageRequest first;
  first.set_limit(1);
  const auto page = call<api::list_bookmarks>(first, bob).value();
  CHECK(page.items(0).post_id() == two);
  first.set_cursor(page.next_cursor());
  CHECK(call<api::list_bookmarks>(first, bob)->items(0).post_id() == one);
  CHECK(on<api::unbookmark>(bob, one).has_value());
  CHECK(call<api::list_bookmarks>({}, bob)->items_size() == 1);
  ListHashtagPostsRequest tagged;
  tagged.set_tag("ＴＥＡ");
  CHECK(call<api::list_hashtag_posts>(tagged, {})->items_size() == 2);

  HashtagRequest tag;
  tag.set_tag("Tea");
  for (int i = 0; i < 2; ++i) CHECK(call<api::follow_hashtag>(tag, bob).has_value());
  CHECK(call<api::list_hashtags>({}, bob)->items(0).tag() == "tea");
  CHECK(call<api::unfollow_hashtag>(tag, bob).has_value());
  CHECK(call<api::list_hashtags>({}, bob)->items_size() == 0);

  DraftRequest draft;
  draft.set_text("not yet");
  const auto kept = call<api::create_draft>(draft, bob).value();
  UpdateDraftRequest change;
  change.set_draft_id(kept.draft_id());
  change.set_visibility("followers");
  CHECK(call<api::update_draft>(change, bob)->text() == "not yet");
  CHECK(call<api::list_drafts>({}, bob)->items(0).visibility() == "followers");
  CHECK(call<api::list_drafts>({}, ann)->items_size() == 0);
  DeleteDraftRequest gone;
  gone.set_draft_id(kept.draft_id());
  CHECK(call<api::delete_draft>(gone, bob).has_value());
  CHECK(code(call<api::delete_draft>(gone, bob)) == errc::not_found);
}

TEST_CASE_FIXTURE(world, "a quote counts on the quoted post while it is there") {
  const auto ann = person("ann"), bob = person("bob");
  const auto id = post(ann, "original").post_id();
  CreatePostRequest q;
  q.set_text("look");
  q.set_quote(id);
  const auto quote = post(bob, q).value();
  CHECK(quote.quote().text() == "original");
  const auto quotes = [&] { return get(ann, id)->counts().quotes(); };
  CHECK(until([&] { return quotes() == 1; }));
  REQUIRE(on<api::delete_post>(bob, quote.post_id()).has_value());
  CHECK(until([&] { return quotes() == 0; }));
  REQUIRE(on<api::restore_post>(bob, quote.post_id()).has_value());
  CHECK(until([&] { return quotes() == 1; }));
  REQUIRE(on<api::delete_post>(ann, id).has_value());
  CHECK_FALSE(get(bob, quote.post_id())->quote().has_author());
}

TEST_CASE_FIXTURE(world, "a batch gives posts in the order that was asked, without hidden ones") {
  const auto ann = person("ann"), bob = person("bob");
  const auto one = post(ann, "one").post_id(), two = post(ann, "two").post_id();
  views::PostsRequest q;
  for (const auto& id : {two, post(ann, "hidden", "followers").post_id(), one}) q.add_post_ids(id);
  auto node = bob;
  node.kind = rpc::caller_kind::node;
  auto guest = node;
  guest.account = {};
  for (const auto& reader : {node, guest}) {
    const auto batch = call<api::posts>(q, reader).value();
    REQUIRE(batch.items_size() == 2);
    CHECK(batch.items(0).post_id() == two);
    CHECK(batch.items(1).post_id() == one);
  }
}

TEST_CASE_FIXTURE(world,
                  "A4: a batch costs the same beside many posts, before the first statistics") {
  const auto ann = person("ann"), bob = person("bob");
  (void)post(ann, "one");
  auto* c = PQconnectdb(conninfo("content").c_str());
  const auto run = [&](const std::string& sql) {
    auto* r = PQexec(c, sql.c_str());
    const std::string out = PQresultStatus(r) == PGRES_TUPLES_OK ? PQgetvalue(r, 0, 0) : "";
    CHECK_MESSAGE(PQresultStatus(r) != PGRES_FATAL_ERROR, std::string(PQresultErrorMessage(r)));
    PQclear(r);
    return out;
  };
  const auto add = [&](int posts) {
    run("INSERT INTO post SELECT (jsonb_populate_record(x.one, jsonb_build_object('post_id', "
        "gen_random_uuid()))).* FROM (SELECT p AS one FROM post p LIMIT 1) x CROSS JOIN "
        "generate_series(1, " +
        std::to_string(posts) + ")");
  };
  add(50);
  const auto ids =
      run("SELECT array_agg(post_id)::text FROM (SELECT post_id FROM post LIMIT 50) x");
  run("PREPARE batch (uuid[], uuid) AS " + std::string(queries::posts.sql));
  const auto touched = [&] {
    const auto plan = run("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE batch ('" +
                          ids + "', '" + to_string(bob.account) + "')");
    constexpr std::string_view name = "\"Shared Hit Blocks\": ";
    const auto at = plan.find(name);
    REQUIRE(at != plan.npos);
    return std::stoll(plan.substr(at + name.size()));
  };
  (void)touched();  // the session learns about the tables
  const auto before = touched();
  add(500);
  (void)touched();
  const auto after = touched();
  MESSAGE("blocks of 50 posts: ", before, " beside 50, ", after, " beside 550");
  CHECK(after < 2 * before);  // the keys' indexes are higher
  PQfinish(c);
}

TEST_CASE_FIXTURE(world, "all that a closed account made is hidden until it is reopened") {
  const auto ann = person("ann"), bob = person("bob");
  const auto own = post(ann, "own").post_id(), other = post(bob, "other").post_id();
  REQUIRE(comment(ann, other, "hello").has_value());
  REQUIRE(on<api::share>(ann, other).has_value());
  for (const bool closed : {true, false}) {
    set_closed(ann, closed);
    CHECK(sees(bob, own) != closed);
    CHECK(comments(bob, other).items_size() == (closed ? 0 : 1));
    ListPostsRequest q;
    q.set_account_id(to_string(ann.account));
    q.set_kind("shares");
    CHECK(call<api::list_posts>(q, bob).has_value() != closed);
    CHECK(post(bob, "hi @ann").entities_size() == (closed ? 0 : 1));
  }
}

TEST_CASE_FIXTURE(world, "posts with one Idempotency-Key at the same time are one post") {
  const auto ann = person("ann");
  CreatePostRequest q;
  q.set_text("once");
  std::vector<std::future<rpc::reply_result>> sent;
  for (int i = 0; i < 16; ++i) sent.push_back(begin<api::create_post>(q, ann, "key"));
  std::set<std::string> ids;
  for (auto& f : sent) ids.insert(answer<api::create_post>(std::move(f)).value().post_id());
  CHECK(ids.size() == 1);
  CHECK(posts_of(ann, ann).items_size() == 1);
  q.set_text("twice");
  CHECK(code(post(ann, q, "key")) == errc::idempotency_key_reused);
}

namespace {

struct renamed_world : world {
  std::string of(const rpc::caller& who) const { return to_string(who.account); }
  void rename(const rpc::caller& who, const std::string& handle) {
    auth::ChangeHandleRequest q;
    q.set_handle(handle);
    REQUIRE(until([&] { return call<auth::auth_interface::change_handle>(q, who).has_value(); }));
    REQUIRE(until([&] { return post(who, "I am @" + handle).entities_size() == 1; }));
  }
  views::Post edit(const rpc::caller& who, const std::string& post_id, const std::string& text) {
    EditPostRequest q;
    q.set_post_id(post_id);
    q.set_text(text);
    return call<api::edit_post>(q, who).value();
  }
  std::size_t notices(const rpc::caller& whom, const std::string& post_id,
                      const std::string& kind = "mention") {
    const auto all = call<user::user_interface::list_notifications>({}, whom).value();
    return static_cast<std::size_t>(std::ranges::count_if(
        all.items(), [&](const auto& n) { return n.post_id() == post_id && n.kind() == kind; }));
  }
  /// All that the author's acts on the post tell the reader has arrived: the answer to a comment comes behind it.
  void all_told(const rpc::caller& author, const rpc::caller& reader, const std::string& post_id) {
    const auto asked = comment(reader, post_id, "for me?")->comment_id();
    REQUIRE(comment(author, post_id, "yes", asked).has_value());
    REQUIRE(until([&] { return notices(reader, post_id, "comment") == 1; }));
  }
  static std::vector<std::string> named(const auto& text) {
    std::vector<std::string> out;
    for (const auto& e : text.entities()) out.push_back(e.account_id());
    return out;
  }
};

using ids = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(renamed_world,
                  "a mention keeps its account through edits and until a scheduled post comes out, "
                  "though the handle is another's by then") {
  const auto ann = person("ann"), bob = person("bob"), cyd = person("cyd");
  const auto made = post(ann, "to @bob").post_id(), other = post(cyd, "other").post_id();
  EditCommentRequest comment_edit;
  comment_edit.set_comment_id(comment(ann, other, "of @bob")->comment_id());
  comment_edit.set_text("again of @bob");
  CreatePostRequest later;
  later.set_text("later to @bob");
  later.set_visibility("mentioned");
  later.set_scheduled_at(now() + 20LL * 24 * 3600 * 1000);
  const auto scheduled = post(ann, later)->scheduled_id();

  rename(bob, "robert");
  CHECK(named(edit(ann, made, "still to @Bob")) == ids{of(bob)});
  CHECK(named(call<api::edit_comment>(comment_edit, ann).value()) == ids{of(bob)});
  CHECK(post(ann, "new to @bob").entities_size() == 0);

  pass(15LL * 24 * 3600 * 1000);
  restart();
  rename(cyd, "bob");
  CHECK(named(edit(ann, made, "@robert, I mean @bob")) == ids{of(bob), of(bob)});
  comment_edit.set_text("once more of @bob");
  CHECK(named(call<api::edit_comment>(comment_edit, ann).value()) == ids{of(bob)});
  CHECK(named(edit(ann, made, "to both, @bob and @ann")) == ids{of(bob), of(ann)});

  pass(6LL * 24 * 3600 * 1000);
  restart();
  REQUIRE(until([&] { return get(ann, scheduled).has_value(); }));
  CHECK(named(get(ann, scheduled).value()) == ids{of(bob)});
  CHECK(sees(bob, scheduled));
  CHECK_FALSE(sees(cyd, scheduled));

  CHECK(edit(ann, made, "to nobody").entities_size() == 0);
  CHECK(named(edit(ann, made, "new to @bob")) == ids{of(cyd)});
  for (const auto& reader : {bob, cyd}) {
    all_told(ann, reader, made);
    CHECK(notices(reader, made) == 1);
  }
  CHECK(until([&] { return notices(bob, scheduled) == 1; }));
}
