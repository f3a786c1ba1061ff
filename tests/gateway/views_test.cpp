// Answers that several domains complete: cards and posts by their ids, a domain that is away, and the caller of the questions.
#include "gateway/views/composing_bus.hpp"
#include "gateway/views/composition.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/media/media.nova.hpp"
#include "protocols/messaging/messaging.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/views/views.pb.h"
#include "tests/gateway/edge_fixture.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::gateway;
using namespace std::chrono_literals;

namespace {

std::string id(int n) { return "00000000-0000-7000-8000-" + std::to_string(100'000'000'000 + n); }

views::Post post(int n, int author) {
  views::Post p;
  p.set_post_id(id(n));
  p.mutable_author()->set_account_id(id(author));
  p.set_created_at(1'000);
  return p;
}

/// A bus on which content answers with one page, and user with the cards of all but one account.
struct parts {
  test::fake_bus inner;
  composing_bus bus{inner, 1s};
  content::PostPage page;
  bool user_away = false;
  std::size_t cards_asked = 0;
  rpc::caller asked_as;

  parts() {
    inner.on("content.posts",
             [this](rpc::call& c) { c.reply(std::make_shared<const content::PostPage>(page)); });
    inner.on(std::string(user::user_interface::cards::info().name), [this](rpc::call& c) {
      ++cards_asked;
      asked_as = c.caller;
      if (user_away) return c.reply(make_error(errc::unavailable));
      const auto& q = static_cast<const views::CardsRequest&>(*c.request);
      views::CardsReply reply;
      for (const auto& account : q.account_ids()) {
        if (account == id(404)) continue;
        auto& card = *reply.add_items();
        card.set_account_id(account);
        card.set_handle("h" + account.substr(account.size() - 3));
      }
      c.reply(std::make_shared<const views::CardsReply>(reply));
    });
  }

  content::PostPage ask() {
    content::PostPage out;
    rpc::call c;
    c.method = &content::content_interface::list_posts::info();
    c.caller.kind = rpc::caller_kind::user;
    c.caller.account = *parse_uuid(id(7));
    c.deadline = std::chrono::steady_clock::now() + 5s;
    c.request = std::make_shared<const content::ListPostsRequest>();
    c.reply = [&](const rpc::reply_result& r) {
      out = dynamic_cast<const content::PostPage&>(*r.value());
    };
    bus.call(std::move(c));
    return out;
  }
};

}  // namespace

TEST_CASE_FIXTURE(parts, "cards are asked once for a page, for its caller, each account once") {
  *page.add_items() = post(1, 11);
  *page.add_items() = post(2, 12);
  *page.add_items() = post(3, 11);
  page.mutable_items(0)->mutable_quote()->mutable_author()->set_account_id(id(13));
  const auto out = ask();
  CHECK(cards_asked == 1);
  CHECK(asked_as.kind == rpc::caller_kind::node);
  CHECK(asked_as.account == *parse_uuid(id(7)));
  CHECK(out.items(0).author().handle() == "h011");
  CHECK(out.items(2).author().handle() == "h011");
  CHECK(out.items(0).quote().author().handle() == "h013");
  CHECK(out.degraded_size() == 0);
}

TEST_CASE_FIXTURE(parts, "a page without people asks nobody") {
  CHECK(ask().items_size() == 0);
  CHECK(cards_asked == 0);
}

TEST_CASE_FIXTURE(parts,
                  "with user away posts are there, their cards say so, and the page names user") {
  user_away = true;
  *page.add_items() = post(1, 11);
  const auto out = ask();
  CHECK(out.items(0).post_id() == id(1));
  CHECK(out.items(0).author().account_id() == id(11));
  CHECK(out.items(0).author().missing());
  REQUIRE(out.degraded_size() == 1);
  CHECK(out.degraded(0) == "user");
}

TEST_CASE_FIXTURE(parts, "an account without a card is marked, and no domain is blamed") {
  *page.add_items() = post(1, 404);
  const auto out = ask();
  CHECK(out.items(0).author().missing());
  CHECK(out.degraded_size() == 0);
}

TEST_CASE_FIXTURE(parts, "many accounts are asked for in several questions at once") {
  for (int i = 0; i <= view_batch; ++i) *page.add_items() = post(i, 500 + i);
  const auto out = ask();
  CHECK(cards_asked == 2);
  CHECK(out.items(view_batch).author().handle() == "h700");
}

TEST_CASE("M5: a request that names media goes on when all are the caller's, or media is away") {
  test::fake_bus inner;
  composing_bus bus{inner, 1s};
  bool away = false;
  std::size_t asked = 0, made = 0;
  inner.on(std::string(media::media_interface::show_media::info().name), [&](rpc::call& c) {
    ++asked;
    if (away) return c.reply(make_error(errc::unavailable));
    views::MediaReply reply;
    for (const auto& item : static_cast<const views::MediaRequest&>(*c.request).items()) {
      CHECK(item.owner_id() == id(7));
      if (item.media_id() == id(1) || item.media_id() == id(2))
        reply.add_items()->set_media_id(item.media_id());
    }
    c.reply(std::make_shared<const views::MediaReply>(reply));
  });
  inner.on(std::string(content::content_interface::create_post::info().rpc), [&](rpc::call& c) {
    ++made;
    c.reply(make_error(errc::overloaded));
  });
  const auto make = [&](std::initializer_list<int> media) {
    content::CreatePostRequest q;
    for (const int n : media) q.add_media_ids(id(n));
    auto code = errc::internal;
    rpc::call c;
    c.method = &content::content_interface::create_post::info();
    c.caller.kind = rpc::caller_kind::user;
    c.caller.account = *parse_uuid(id(7));
    c.deadline = std::chrono::steady_clock::now() + 5s;
    c.request = std::make_shared<const content::CreatePostRequest>(q);
    c.reply = [&](const rpc::reply_result& r) { code = r.error().code; };
    bus.call(std::move(c));
    return code;
  };
  CHECK(make({}) == errc::overloaded);
  CHECK(asked == 0);
  CHECK(make({1, 2, 1}) == errc::overloaded);
  CHECK(asked == 1);
  CHECK(make({1, 3}) == errc::not_found);
  CHECK(made == 2);
  away = true;
  CHECK(make({3}) == errc::overloaded);
  CHECK(made == 3);
}

TEST_CASE("posts by their ids are filled in; items without their post are left out") {
  views::PostsReply reply;
  for (const int n : {1, 2, 3}) reply.add_items()->set_post_id(id(n));
  composition all(reply);
  CHECK(all.missing().posts == std::vector{id(1), id(2), id(3)});
  CHECK(all.missing().empty());
  views::PostsReply known;
  *known.add_items() = post(2, 11);
  all.take(known);
  CHECK(all.missing().accounts == std::vector{id(11)});
  views::CardsReply cards;
  cards.add_items()->set_account_id(id(11));
  cards.mutable_items(0)->set_handle("ann");
  all.take(cards);
  const auto out = all.finish();
  CHECK(static_cast<const views::PostsReply&>(*out).items(1).author().handle() == "ann");
}

TEST_CASE(
    "messages by their places are filled in, and a view's message has the fields of messaging's") {
  views::MessagesReply reply;
  for (const int n : {1, 2}) {
    reply.add_items()->set_conversation_id(id(5));
    reply.mutable_items(n - 1)->set_seq(n);
  }
  composition all(reply);
  const auto asked = all.missing().messages;
  REQUIRE(asked.size() == 2);
  CHECK(asked[1].conversation_id() == id(5));
  CHECK(asked[1].seq() == 2);
  CHECK(all.missing().empty());
  views::MessagesReply known;
  known.add_items()->set_conversation_id(id(5));
  known.mutable_items(0)->set_seq(2);
  known.mutable_items(0)->set_text("tea");
  known.mutable_items(0)->set_sent_at(1'000);
  all.take(known);
  const auto out = all.finish();
  CHECK(static_cast<const views::MessagesReply&>(*out).items(1).text() == "tea");

  const auto& shown = *views::Message::descriptor();
  const auto& kept = *messaging::Message::descriptor();
  REQUIRE(shown.field_count() ==
          kept.field_count() - 2);  // media is shown in lists of messages only
  for (int i = 0; i < shown.field_count(); ++i) {
    CHECK(shown.field(i)->name() == kept.field(i)->name());
    CHECK(shown.field(i)->number() == kept.field(i)->number());
    CHECK(shown.field(i)->type() == kept.field(i)->type());
  }
}

TEST_CASE("only replies that can hold a card, a post or a message are composed") {
  CHECK(shows_others(*content::PostPage::descriptor()));
  CHECK(shows_others(*content::Comment::descriptor()));
  CHECK_FALSE(shows_others(*content::HistoryReply::descriptor()));
}
