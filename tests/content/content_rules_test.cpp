// What content decides, without runtime and database.
#include "actors/content/content_rules.hpp"
#include "actors/content/content_intake.hpp"
#include "actors/content/page_rules.hpp"
#include "actors/content/post_entity.hpp"
#include "actors/content/shelf_entity.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace nova;
using namespace nova::content;

namespace {

uuid id(std::uint8_t n) {
  uuid out{};
  out.data[15] = n;
  return out;
}

constexpr unix_ms noon = 1'700'000'000'000;

CreatePostRequest text_of(std::string text) {
  CreatePostRequest q;
  q.set_text(std::move(text));
  return q;
}

result<post_row> checked(const CreatePostRequest& q) {
  return checked_post(q, id(1), id(2), noon, {});
}

std::vector<std::string> bad_fields(const CreatePostRequest& q) {
  std::vector<std::string> out;
  const auto row = checked(q);
  REQUIRE(row.has_error());
  for (const auto& f : row.error().fields) out.push_back(f.field);
  return out;
}

void add_poll(CreatePostRequest& q, int options, std::int64_t ends_in_s) {
  for (int i = 0; i < options; ++i) q.mutable_poll()->add_options("option " + std::to_string(i));
  q.mutable_poll()->set_ends_in_s(ends_in_s);
}

}  // namespace

TEST_CASE("a post without text needs media or a poll") {
  CHECK(bad_fields(CreatePostRequest()) == std::vector<std::string>{"text"});
  auto with_media = CreatePostRequest();
  with_media.add_media_ids(to_string(id(9)));
  CHECK(checked(with_media).has_value());
  auto with_poll = CreatePostRequest();
  add_poll(with_poll, 2, 60);
  CHECK(checked(with_poll)->poll_ends_at == noon + 60'000);
}

TEST_CASE("all that is wrong with a post is said at once") {
  auto q = CreatePostRequest();
  add_poll(q, 1, max_poll_s + 1);
  q.set_scheduled_at(noon);
  CHECK(bad_fields(q) ==
        std::vector<std::string>{"poll.options", "poll.ends_in_s", "scheduled_at"});
  auto far = text_of("far");
  far.set_scheduled_at(noon + 367LL * 24 * 3600 * 1000);
  CHECK(bad_fields(far) == std::vector<std::string>{"scheduled_at"});
  auto long_option = text_of("poll");
  add_poll(long_option, 2, 60);
  *long_option.mutable_poll()->mutable_options(0) = std::string(max_option_code_points + 1, 'x');
  CHECK(bad_fields(long_option) == std::vector<std::string>{"poll.options"});
  for (const auto* hidden : {" ", "\u200B", "a\nb", "a\u202Ez"}) {
    *long_option.mutable_poll()->mutable_options(0) = hidden;
    CHECK_MESSAGE(bad_fields(long_option) == std::vector<std::string>{"poll.options"}, hidden);
  }
  *long_option.mutable_poll()->mutable_options(0) = " e\u0301 ";
  CHECK(checked(long_option)->body.poll_options(0) == "\u00E9");
}

TEST_CASE("a scheduled post shows its name and time, and its status is 202") {
  auto q = text_of("later");
  q.set_scheduled_at(noon + 5'000);
  const auto post = post_message(*checked(q), noon);
  CHECK(post.scheduled_id() == post.post_id());
  CHECK(post.scheduled_at() == noon + 5'000);
  CHECK(post.existing());
  CHECK_FALSE(post_message(*checked(text_of("now")), noon).existing());
}

TEST_CASE("a mention of nobody is plain text; who may not see the text is not told") {
  TextBody body;
  const auto parts = parts_of("@ann @bob @cyd @ann #tag");
  const auto named =
      set_entities(body, parts, {}, {{id(1), "ann", true}, {id(2), "bob", false}}, id(7));
  REQUIRE(body.entities_size() == 4);
  CHECK(body.entities(0).account_id() == to_string(id(1)));
  CHECK(body.entities(3).tag() == "tag");
  CHECK(named.all == std::vector{id(1), id(2)});
  CHECK(named.told == std::vector{id(1)});
  CHECK(set_entities(body, parts, {}, {{id(1), "ann", true}}, id(1)).told.empty());
}

TEST_CASE("a mention that the text keeps stays with its account, another one is looked for") {
  TextBody body;
  const std::string before = "#tag \U0001F44B @ann @nobody @bob";
  set_entities(body, parts_of(before), {}, {{id(1), "ann", true}, {id(2), "bob", true}}, id(7));
  const auto kept = mentions_of(before, body);
  CHECK(kept == named_accounts{{"ann", id(1)}, {"bob", id(2)}});
  CHECK(mentions_of("@ann", TextBody()).empty());
  const std::vector<mentioned_row> found{
      {id(3), "ann", true}, {id(4), "cyd", true}, {id(2), "robert", true}};
  const auto named = set_entities(body, parts_of("@cyd @bob @ANN"), kept, found, id(7));
  CHECK(named.all == std::vector{id(4), id(2), id(1)});
  CHECK(named.told == std::vector{id(4), id(2)});
}

TEST_CASE(
    "a change of a draft replaces the fields that it names, and empties those that it names "
    "empty") {
  DraftRequest draft;
  draft.set_text("kept");
  draft.set_content_warning("plot");
  draft.add_media_ids(to_string(id(9)));
  UpdateDraftRequest change;
  change.set_language("en");
  change_draft(draft, change);
  CHECK(draft.language() == "en");
  CHECK(draft.content_warning() == "plot");
  CHECK(draft.media_ids_size() == 1);
  change.set_content_warning("");
  change.set_no_media(true);
  change_draft(draft, change);
  CHECK_FALSE(draft.has_content_warning());
  CHECK(draft.media_ids_size() == 0);
  CHECK(draft.text() == "kept");
}

TEST_CASE("choices are options of the poll, each once, and one unless several are allowed") {
  const auto choices = [](std::vector<std::int64_t> list, bool multiple) {
    VoteRequest q;
    for (const auto n : list) q.add_choices(n);
    return checked_choices(q, 3, multiple);
  };
  CHECK(choices({2}, false).value() == std::vector<std::int64_t>{2});
  CHECK(choices({2, 0}, true).value() == std::vector<std::int64_t>{0, 2});
  for (const auto& bad : std::vector<std::vector<std::int64_t>>{{}, {3}, {-1}, {1, 1}})
    CHECK(choices(bad, true).error().code == errc::invalid_request);
  CHECK(choices({0, 1}, false).error().code == errc::invalid_request);
}

TEST_CASE("a deleted comment takes the deleted ones above it along when it was their last answer") {
  const chain_link leaf{id(1), id(9), id(5), false, 0}, busy{id(1), id(9), id(5), false, 2};
  const chain_link alive{id(2), id(9), id(5), false, 1}, dead{id(3), id(9), id(5), true, 1};
  const chain_link crowded{id(4), id(9), id(5), true, 2};
  CHECK(losing_an_answer({leaf}).empty());
  CHECK(losing_an_answer({busy, alive}).empty());
  CHECK(losing_an_answer({leaf, alive, dead}) == std::vector{id(2)});
  CHECK(losing_an_answer({leaf, dead, alive, dead}) == std::vector{id(3), id(2)});
  CHECK(losing_an_answer({leaf, crowded, alive}) == std::vector{id(4)});
}

TEST_CASE("a deleted comment shows its place only") {
  comment_row row;
  row.comment_id = id(1);
  row.post_id = row.parent = id(2);
  row.author = id(3);
  row.text = "gone";
  row.deleted = true;
  row.replies = 2;
  const auto c = comment_message(row);
  CHECK(c.deleted());
  CHECK(c.replies_count() == 2);
  CHECK_FALSE(c.has_author());
  CHECK(c.text().empty());
  CHECK_FALSE(c.has_parent());
}

TEST_CASE("a page ends with a cursor when there is more, and the cursor names its last item") {
  std::vector<post_row> rows(3);
  for (std::uint8_t i = 0; i < 3; ++i) {
    rows[i].post_id = id(i);
    rows[i].listed_at = noon - i;
  }
  const auto page = page_of(rows, 2, noon);
  CHECK(page.items_size() == 2);
  const auto place = place_of(&page.next_cursor());
  CHECK(place->at == noon - 1);
  CHECK(place->id == id(1));
  CHECK_FALSE(page_of(rows, 3, noon).has_next_cursor());
  for (const auto& bad :
       std::vector<std::string>{"", "12", "x.y", "-1." + to_string(id(1)), "99999999999999999999."})
    CHECK(place_of(&bad).error().code == errc::invalid_request);
}

TEST_CASE("a quoted post that the reader may not see shows its id only") {
  auto row = *checked(text_of("look"));
  row.quote_id = id(8);
  CHECK(post_message(row, noon).quote().post_id() == to_string(id(8)));
  CHECK_FALSE(post_message(row, noon).quote().has_author());
  row.quoted = quoted_row{id(3), "quoted", noon, std::nullopt, {}};
  CHECK(post_message(row, noon).quote().author().account_id() == to_string(id(3)));
}

TEST_CASE("votes are counted by option; the poll ends at its time") {
  auto q = text_of("tea?");
  add_poll(q, 2, 60);
  auto row = *checked(q);
  row.votes = {{1, 4}, {-1, 5}};
  const auto poll = poll_message(row, noon);
  CHECK(poll.votes() == 5);
  CHECK(poll.options(0).votes() == 0);
  CHECK(poll.options(1).votes() == 4);
  CHECK_FALSE(poll.ended());
  CHECK(poll_message(row, noon + 60'000).ended());
}

TEST_CASE("an entity of content keeps less than 2 kB") {
  CHECK(post_entity::weight(post_state()) < 2'048);
  CHECK(shelf_entity::weight(shelf_state()) < 2'048);
}

namespace {

/// The one statement that an event becomes.
template <class Event>
storage::statement effect_of(const rpc::event_type& type, const Event& e) {
  for (const auto& intake : intakes()) {
    if (intake.event != &type) continue;
    const runtime::context c{"", {}, noon, system_random(), "", "", 0, nullptr};
    const auto effect = intake.route(e, c, {});
    return std::get<runtime::read_model_effect>(effect).statements.at(0);
  }
  FAIL("nobody takes ", type.name);
  return {};
}

}  // namespace

TEST_CASE("what user and auth tell becomes a row of the read model of people") {
  auth::AccountClosed closed;
  auth::AccountReopened reopened;
  user::Followed followed;
  for (auto* field : {closed.mutable_account_id(), reopened.mutable_account_id(),
                      followed.mutable_account_id(), followed.mutable_followed_id()})
    *field = to_string(id(4));
  const auto off = effect_of(auth::account_closed_event(), closed);
  CHECK(off.query == store::set_closed(id(4), true).query);
  CHECK(std::get<bool>(off.params[1]));
  CHECK_FALSE(std::get<bool>(effect_of(auth::account_reopened_event(), reopened).params[1]));
  CHECK(effect_of(user::followed_event(), followed).query ==
        store::insert_follow(id(4), id(4)).query);
}
