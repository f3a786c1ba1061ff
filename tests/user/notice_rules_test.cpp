// Which acts are told, to whom and once or often; what content's events do to an author; words of a search.
#include "actors/user/notice_rules.hpp"
#include "actors/user/notices_entity.hpp"
#include "actors/user/profile_entity.hpp"
#include "actors/user/user_services.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/core/text.hpp"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "protocols/views/views.pb.h"
#include "storage/user/user_store.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::user;

namespace {

struct counting : random_source {
  std::uint8_t next = 0;
  void fill(std::span<std::uint8_t> out) override { std::fill(out.begin(), out.end(), next++); }
};

uuid id(std::uint8_t n) {
  uuid out{};
  out.data[15] = n;
  return out;
}

/// The notices of account 1, with the reads of a new notice answered by hand.
struct desk {
  notices_state state{id(1), {}};
  settings_row settings;
  relation_facts_row facts{.exists = true};
  bool known = false;
  unix_ms now = 1'000;
  counting random;
  rpc::caller caller;
  std::any services{
      std::make_shared<user_services>(user_services{{.notifications_per_account = 10}})};

  runtime::context context() { return {"key", caller, now, random, "request", "", 0, &services}; }

  runtime::reads reads() const {
    runtime::reads r;
    r.append(storage::rows{10,
                           {id(2), std::string("Bob"), std::string("Bob"), storage::value{}, false,
                            false, false, false, false, false}});
    r.append(storage::rows{
        7,
        {settings.message_from, settings.mention_from, settings.presence_to, settings.discoverable,
         settings.locale, settings.time_zone, settings.notify}});
    const storage::value none;
    r.append(storage::rows{
        13,
        {facts.exists, false, facts.follows, facts.requested, none, false, false, none,
         facts.blocking, facts.blocked_by, facts.muting, none, std::int64_t{0}}});
    r.append(known ? storage::rows{1, {true}} : storage::rows{});
    return r;
  }

  /// What leaves for a notice of account 2: the pushed item, or nothing.
  std::optional<Notification> noticed(std::string_view kind, const uuid& actor = id(2)) {
    Noticed e;
    e.set_account_id(to_string(actor));
    e.set_recipient_id(to_string(id(1)));
    e.set_kind(kind.data(), kind.size());
    e.set_at(now);
    auto out = notices_entity::on_noticed(state, e, context(), {});
    if (std::holds_alternative<runtime::need>(out))
      out = notices_entity::on_noticed(state, e, context(), reads());
    auto& d = std::get<runtime::decision<notices_state>>(out);
    if (d.apply) d.apply(state);
    last = std::move(d.statements);
    if (d.pushes.empty()) return std::nullopt;
    return dynamic_cast<const Notification&>(d.pushes[0].push->body());
  }
  std::vector<storage::statement> last;
};

std::vector<std::string> told_by(const runtime::outcome<profile_state>& out) {
  std::vector<std::string> lines;
  for (const auto& e : std::get<runtime::decision<profile_state>>(out).events) {
    const auto& n = dynamic_cast<const Noticed&>(*e.body);
    lines.push_back(n.kind() + " " + n.recipient_id().substr(34) + " " + n.post_id().substr(34));
  }
  return lines;
}

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("an act of another person is told with the person's card, and counted") {
  desk d;
  const auto item = d.noticed("follow");
  REQUIRE(item);
  CHECK(item->kind() == "follow");
  CHECK(item->actor().handle() == "Bob");
  CHECK(item->actor().has_relation());
  CHECK_FALSE(item->has_post_id());
  CHECK_FALSE(item->read());
  CHECK(d.state.head.unread == 1);
}

TEST_CASE("nothing is told of own acts, muted and blocked people, and known acts") {
  desk d;
  CHECK_FALSE(d.noticed("comment", id(1)));
  d.known = true;
  CHECK_FALSE(d.noticed("comment"));
  d.known = false;
  for (auto flag : {&relation_facts_row::muting, &relation_facts_row::blocking,
                    &relation_facts_row::blocked_by}) {
    d.facts = {.exists = true};
    d.facts.*flag = true;
    CHECK_FALSE(d.noticed("comment"));
  }
  CHECK(d.state.head.unread == 0);
}

TEST_CASE("kinds that are switched off are not told") {
  desk d;
  for (const auto& [kind, bit] :
       std::vector<std::pair<std::string_view, notify_bit>>{{"follow", notify_bit::follow},
                                                            {"follow_request", notify_bit::follow},
                                                            {"mention", notify_bit::mention},
                                                            {"comment", notify_bit::comment},
                                                            {"reaction", notify_bit::reaction},
                                                            {"share", notify_bit::share}}) {
    CAPTURE(kind);
    d.settings = {};
    CHECK(d.noticed(kind));
    d.settings.notify &= ~static_cast<std::int64_t>(bit);
    CHECK_FALSE(d.noticed(kind));
    CHECK(d.noticed("poll_ended"));
  }
}

TEST_CASE("mentions are told as the account allows them") {
  desk d;
  d.settings.mention_from = "following";
  CHECK_FALSE(d.noticed("mention"));
  d.facts.follows = true;
  CHECK(d.noticed("mention"));
  d.facts.requested = true;
  CHECK_FALSE(d.noticed("mention"));
  d.settings.mention_from = "nobody";
  d.facts.requested = false;
  CHECK_FALSE(d.noticed("mention"));
  CHECK(d.noticed("comment"));
}

TEST_CASE("ids of notifications grow, also within a millisecond and when the clock steps back") {
  desk d;
  std::optional<uuid> before;
  for (int i = 0; i < 20; ++i) {
    if (i == 10) d.now -= 500;
    REQUIRE(d.noticed("comment"));
    if (before) CHECK(*d.state.head.last > *before);
    before = d.state.head.last;
  }
}

TEST_CASE("the oldest notifications are deleted in steps") {
  desk d;
  const auto trims = [&] {
    return std::ranges::any_of(d.last,
                               [](auto& s) { return s.query->name == "user.trim_notices"; });
  };
  for (std::int64_t i = 1; i < 10 + notices_entity::trim_step; ++i) {
    REQUIRE(d.noticed("comment"));
    REQUIRE_FALSE(trims());
  }
  REQUIRE(d.noticed("comment"));
  CHECK(trims());
  CHECK(d.state.head.total == 10);
  CHECK(d.state.head.unread == 10);
}

TEST_CASE("an act that can be done again is told once") {
  for (auto kind : {"follow", "follow_request", "reaction", "share"}) CHECK(told_once(kind));
  for (auto kind : {"mention", "comment", "poll_ended"}) CHECK_FALSE(told_once(kind));
}

TEST_CASE("content's events count posts and notice the people they name, but never the author") {
  profile_state s{id(1), profile_row{id(1), "Ann", "Ann", "", 1, 1}, {}};
  desk d;
  content::PostPublished p;
  p.set_post_id(to_string(id(9)));
  p.set_author_id(to_string(id(1)));
  for (std::uint8_t n : {1, 2, 3}) p.add_mentions(to_string(id(n)));
  const auto published = profile_entity::on_post_published(s, p, d.context(), {});
  CHECK(told_by(published) == names{"mention 02 09", "mention 03 09"});
  const auto& counted = std::get<runtime::decision<profile_state>>(published).statements.at(0);
  CHECK(counted.query->name == "user.count_posts");

  content::CommentMade c;
  c.set_post_id(to_string(id(9)));
  c.add_notify(to_string(id(4)));
  c.add_mentions(to_string(id(5)));
  CHECK(told_by(profile_entity::on_comment_made(s, c, d.context(), {})) ==
        names{"comment 04 09", "mention 05 09"});

  content::PollEnded ended;
  ended.set_post_id(to_string(id(9)));
  for (std::uint8_t n : {1, 6}) ended.add_notify(to_string(id(n)));
  CHECK(told_by(profile_entity::on_poll_ended(s, ended, d.context(), {})) ==
        names{"poll_ended 06 09"});

  content::PostEdited edited;
  edited.set_post_id(to_string(id(9)));
  edited.add_added_mentions(to_string(id(7)));
  CHECK(told_by(profile_entity::on_post_edited(s, edited, d.context(), {})) ==
        names{"mention 07 09"});
}

TEST_CASE("words of a name fold case, width and accents, and begin at each ideograph") {
  CHECK(folded_words("Zoë O'Neil-ＡＢＣ", false) == names{"zoe", "o", "neil", "abc"});
  CHECK(folded_words("中文名 ada", true) == names{"中文名", "文名", "名", "ada"});
  CHECK(folded_words("中文", false) == names{"中文"});
  CHECK(folded_words(" \t!", true).empty());
  std::string many;
  for (int i = 0; i < 200; ++i) many += std::to_string(i) + " ";
  CHECK(folded_words(many, true).size() == max_folded_words);
}
