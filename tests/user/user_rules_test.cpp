// What user decides, without runtime and database: profiles from auth's event, updates, blocks,
// look-ups by handle.
#include "actors/user/user_rules.hpp"
#include "actors/user/directory_entity.hpp"
#include "actors/user/profile_entity.hpp"
#include "actors/user/user_intake.hpp"
#include "actors/user/user_services.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "protocols/views/views.pb.h"
#include "storage/user/user_store.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::user;
using decision = runtime::decision<profile_state>;

namespace {

struct no_random : random_source {
  void fill(std::span<std::uint8_t> out) override { std::fill(out.begin(), out.end(), 0); }
};

uuid id(std::uint8_t n) {
  uuid out{};
  out.data[15] = n;
  return out;
}

// One profile entity whose needs a test answers.
struct person {
  profile_state state{id(1), {}, {}};
  unix_ms now = 1'000;
  std::any services{std::make_shared<user_services>(user_services{{.bio_code_points = 5,
                                                                   .blocks_per_account = 2,
                                                                   .mutes_per_account = 2,
                                                                   .follows_per_account = 2}})};
  rpc::caller caller;
  no_random random;
  relation_facts_row facts{.exists = true};
  profile_facts_row about;
  std::vector<request_row> pending;

  runtime::context context() { return {"key", caller, now, random, "request", "", 0, &services}; }

  storage::rows rows_of(const storage::statement& s) const {
    const auto time = [](unix_ms t) { return storage::timestamp{t}; };
    if (s.query->name == "user.profile_facts") {
      const auto& r = about.relation;
      return {9,
              {about.followers, about.following, about.posts, r.following, r.requested,
               r.followed_by, r.blocking, r.muting, about.blocks_viewer}};
    }
    if (s.query->name == "user.pending_requests") {
      std::vector<storage::value> cells;
      for (const auto& p : pending) cells.insert(cells.end(), {p.follower_id, time(p.at)});
      return {2, cells};
    }
    REQUIRE(s.query->name == "user.relation_facts");
    const auto& f = facts;
    return {13,
            {f.exists, f.is_private, f.follows, f.requested, time(f.follow_at), f.followed, f.asked,
             time(f.follower_at), f.blocking, f.blocked_by, f.muting,
             f.mute_until ? storage::value{time(*f.mute_until)} : storage::value{}, f.count}};
  }

  template <class Request>
  profile_entity::outcome ask(profile_entity::outcome (*h)(const profile_state&, const Request&,
                                                           const runtime::context&,
                                                           const runtime::reads&),
                              const Request& q) {
    runtime::reads r;
    auto out = h(state, q, context(), r);
    if (auto* need = std::get_if<runtime::need>(&out)) {
      for (const auto& item : need->items) r.append(rows_of(std::get<storage::statement>(item)));
      out = h(state, q, context(), r);
    }
    if (auto* d = std::get_if<decision>(&out))
      if (d->apply) d->apply(state);
    return out;
  }

  void born() {
    auth::AccountRegistered e;
    e.set_account_id(to_string(id(1)));
    e.set_handle("Ann");
    e.set_display_name("Ann Lee");
    e.set_registered_at(500);
    ask(&profile_entity::on_account_registered, e);
    REQUIRE(state.profile);
  }

  profile_entity::outcome block(const uuid& target) {
    BlockRequest q;
    q.set_account_id(to_string(target));
    return ask(&profile_entity::block, q);
  }
  template <class Handler>
  profile_entity::outcome with_person(Handler h, const uuid& target) {
    PersonRequest q;
    q.set_account_id(to_string(target));
    return ask(h, q);
  }
  profile_entity::outcome unblock(const uuid& target) {
    BlockRequest q;
    q.set_account_id(to_string(target));
    return ask(&profile_entity::unblock, q);
  }
  profile_entity::outcome update(std::optional<std::string> name, std::optional<std::string> bio) {
    UpdateMyProfileRequest q;
    if (name) q.set_display_name(*name);
    if (bio) q.set_bio(*bio);
    return ask(&profile_entity::update_my_profile, q);
  }
};

const decision& decided(const auto& out) {
  REQUIRE(std::holds_alternative<decision>(out));
  return std::get<decision>(out);
}

errc code(const auto& out) {
  REQUIRE(std::holds_alternative<error>(out));
  return std::get<error>(out).code;
}

views::Profile profile(const auto& out) {
  return dynamic_cast<const views::Profile&>(*decided(out).reply);
}

}  // namespace

TEST_CASE("auth's event leads to its account's profile") {
  const auto taken = intakes();
  CHECK(taken[0].event == &auth::account_registered_event());
  auth::AccountRegistered e;
  e.set_account_id(to_string(id(1)));
  person p;
  const auto effect = taken[0].route(e, p.context(), {});
  REQUIRE(std::holds_alternative<runtime::entity_effect>(effect));
  CHECK(std::get<runtime::entity_effect>(effect).kind == "profile");
  CHECK(std::get<runtime::entity_effect>(effect).key == e.account_id());
}

TEST_CASE("the event makes the profile once and tells it") {
  person p;
  CHECK(code(p.ask(&profile_entity::get_my_profile, GetMyProfileRequest{})) == errc::not_found);
  auth::AccountRegistered e;
  e.set_account_id(to_string(id(1)));
  e.set_handle("Ann");
  e.set_display_name("Ann Lee");
  e.set_registered_at(500);
  const auto first = p.ask(&profile_entity::on_account_registered, e);
  REQUIRE(decided(first).statements.size() == 2);
  CHECK(decided(first).statements[0].query->name == "user.insert_profile");
  REQUIRE(decided(first).events.size() == 1);
  const auto& told = dynamic_cast<const ProfileChanged&>(*decided(first).events[0].body);
  CHECK(told.account_id() == e.account_id());
  CHECK(told.handle() == "Ann");
  CHECK(told.display_name() == "Ann Lee");

  const auto second = p.ask(&profile_entity::on_account_registered, e);
  CHECK(decided(second).statements.empty());
  CHECK(decided(second).events.empty());

  const auto shown = profile(p.ask(&profile_entity::get_profile, GetProfileRequest{}));
  CHECK(shown.account_id() == e.account_id());
  CHECK(shown.handle() == "Ann");
  CHECK(shown.display_name() == "Ann Lee");
  CHECK(shown.bio() == "");
  CHECK(shown.created_at() == 500);
}

TEST_CASE(
    "an update changes the named fields only, and nothing else of the profile can be changed") {
  person p;
  p.born();
  const auto named = p.update("  New Name ", std::nullopt);
  CHECK(profile(named).display_name() == "New Name");
  CHECK(profile(named).updated_at() == 1'000);
  REQUIRE(decided(named).events.size() == 2);
  CHECK(dynamic_cast<const CardChanged&>(*decided(named).events[1].body).card().display_name() ==
        "New Name");
  CHECK(dynamic_cast<const ProfileChanged&>(*decided(named).events[0].body).display_name() ==
        "New Name");
  const auto told = p.update(std::nullopt, "hi 中");
  CHECK(profile(told).display_name() == "New Name");
  CHECK(profile(told).bio() == "hi 中");
  CHECK(decided(told).events.empty());
  CHECK(decided(told).statements.size() == 1);
}

TEST_CASE("an update that says nothing new writes nothing") {
  person p;
  p.born();
  for (const auto& out : {p.update(std::nullopt, std::nullopt), p.update(" Ann Lee", "")}) {
    CHECK(decided(out).statements.empty());
    CHECK(decided(out).events.empty());
    CHECK(profile(out).display_name() == "Ann Lee");
    CHECK(profile(out).updated_at() == 500);
  }
}

TEST_CASE("display names and bios are judged") {
  person p;
  p.born();
  CHECK(profile(p.update("", std::nullopt)).display_name() == "Ann");
  CHECK(code(p.update(" ", std::nullopt)) == errc::invalid_request);
  CHECK(code(p.update("a\nb", std::nullopt)) == errc::invalid_request);
  CHECK(code(p.update(std::string(65, 'x'), std::nullopt)) == errc::invalid_request);
  CHECK(profile(p.update(std::nullopt, "ääääa")).bio() == "ääääa");
  const auto both = p.update("a\nb", "123456");
  REQUIRE(code(both) == errc::invalid_request);
  CHECK(std::get<error>(both).fields.size() == 2);
}

TEST_CASE("a block and its end are told once each") {
  person p;
  p.born();
  const auto first = p.block(id(2));
  REQUIRE(decided(first).events.size() == 1);
  const auto& told = dynamic_cast<const Blocked&>(*decided(first).events[0].body);
  CHECK(told.account_id() == to_string(id(1)));
  CHECK(told.blocked_id() == to_string(id(2)));
  CHECK(decided(first).statements.size() == 1);
  CHECK(decided(p.unblock(id(2))).events.empty());
  p.facts.blocking = true;
  CHECK(decided(p.block(id(2))).events.empty());
  const auto end = p.unblock(id(2));
  REQUIRE(decided(end).events.size() == 1);
  CHECK(decided(end).events[0].type == &unblocked_event());
}

TEST_CASE("nobody can block themselves, somebody unknown, or more people than allowed") {
  person p;
  CHECK(code(p.block(id(2))) == errc::not_found);
  p.born();
  CHECK(code(p.block(id(1))) == errc::invalid_request);
  CHECK(code(p.unblock(id(1))) == errc::invalid_request);
  p.facts.exists = false;
  CHECK(code(p.block(id(2))) == errc::not_found);
  CHECK(code(p.unblock(id(2))) == errc::not_found);
  p.facts = {.exists = true, .count = 2};
  CHECK(code(p.block(id(2))) == errc::conflict);
}

TEST_CASE("a look-up by handle ignores case and asks nothing for what cannot be a handle") {
  person p;
  const auto look = [&](std::string handle, const runtime::reads& r) {
    GetProfileByHandleRequest q;
    q.set_handle(std::move(handle));
    return directory_entity::get_profile_by_handle({}, q, p.context(), r);
  };
  const auto asked = look("ANN_1", {});
  REQUIRE(std::holds_alternative<runtime::need>(asked));
  const auto& s = std::get<storage::statement>(std::get<runtime::need>(asked).items.at(0));
  CHECK(std::get<std::string>(s.params.at(0)) == "ann_1");
  for (auto bad : {"", "a b", "%", "a'--", "ä"}) CHECK(code(look(bad, {})) == errc::not_found);
  runtime::reads none;
  none.append(storage::rows{});
  none.append(storage::rows{});
  CHECK(code(look("ann", none)) == errc::not_found);
  runtime::reads found;
  found.append(storage::rows{11,
                             {id(1), std::string("Ann"), std::string("Ann Lee"), std::string("bio"),
                              storage::timestamp{1}, storage::timestamp{2}, storage::bytes{},
                              storage::value{}, storage::value{}, false, storage::bytes{}}});
  found.append(storage::rows{});
  REQUIRE(std::holds_alternative<runtime::need>(look("ann", found)));
  found.append(p.rows_of(store::profile_facts(id(1), id(2), 0)));
  const auto out = look("ann", found);
  REQUIRE(std::holds_alternative<runtime::decision<directory_state>>(out));
  const auto& shown =
      dynamic_cast<const views::Profile&>(*std::get<runtime::decision<directory_state>>(out).reply);
  CHECK(shown.handle() == "Ann");
  CHECK(shown.updated_at() == 2);
}

TEST_CASE("cards are one read for all accounts, with a relation only for who is signed in") {
  person p;
  views::CardsRequest q;
  for (std::uint8_t n : {2, 3}) q.add_account_ids(to_string(id(n)));
  runtime::reads found;
  found.append(storage::rows{10,
                             {id(2), std::string("Bob"), std::string("Bob B"), id(9), true, true,
                              false, true, false, true}});
  for (const bool signed_in : {true, false}) {
    p.caller.account = signed_in ? id(1) : uuid{};
    const auto asked = directory_entity::cards({}, q, p.context(), {});
    REQUIRE(std::holds_alternative<runtime::need>(asked));
    REQUIRE(std::get<runtime::need>(asked).items.size() == 1);
    const auto& s = std::get<storage::statement>(std::get<runtime::need>(asked).items.at(0));
    CHECK(std::get<std::vector<uuid>>(s.params.at(0)) == std::vector{id(2), id(3)});
    CHECK((s.params.at(1).index() == 0) == !signed_in);
    const auto out = directory_entity::cards({}, q, p.context(), found);
    const auto& reply = dynamic_cast<const views::CardsReply&>(
        *std::get<runtime::decision<directory_state>>(out).reply);
    REQUIRE(reply.items_size() == 1);
    const auto& card = reply.items(0);
    CHECK(card.account_id() == to_string(id(2)));
    CHECK(card.handle() == "Bob");
    CHECK(card.avatar_url() == "/v1/media/" + to_string(id(9)) + "/content");
    CHECK(card.private_());
    CHECK(card.has_relation() == signed_in);
    if (!signed_in) continue;
    CHECK(card.relation().following());
    CHECK_FALSE(card.relation().requested());
    CHECK(card.relation().followed_by());
    CHECK_FALSE(card.relation().blocking());
    CHECK(card.relation().muting());
  }
}

TEST_CASE("a guest sees public profiles, and needs a token for private ones") {
  person p;
  p.born();
  p.caller.account = {};
  CHECK(profile(p.ask(&profile_entity::get_profile, GetProfileRequest{})).handle() == "Ann");
  p.state.profile->is_private = true;
  CHECK(code(p.ask(&profile_entity::get_profile, GetProfileRequest{})) == errc::unauthenticated);
  p.caller.account = id(2);
  CHECK(profile(p.ask(&profile_entity::get_profile, GetProfileRequest{})).handle() == "Ann");
}

TEST_CASE("links, pictures and privacy are changed and emptied, and what is wrong is named") {
  person p;
  p.born();
  UpdateMyProfileRequest q;
  auto& link = *q.add_links();
  link.set_title(" Notes ");
  link.set_url("https://example.org/n");
  q.set_avatar_media_id(to_string(id(7)));
  q.set_cover_media_id(to_string(id(8)));
  q.set_private_(true);
  const auto out = p.ask(&profile_entity::update_my_profile, q);
  const auto shown = profile(out);
  REQUIRE(shown.links_size() == 1);
  CHECK(shown.links(0).title() == "Notes");
  CHECK(shown.avatar_url() == "/v1/media/" + to_string(id(7)) + "/content");
  CHECK(shown.cover_url() == "/v1/media/" + to_string(id(8)) + "/content");
  CHECK(shown.private_());
  REQUIRE(decided(out).events.size() == 3);
  const auto& told = dynamic_cast<const ProfileChanged&>(*decided(out).events[0].body);
  CHECK(told.avatar_media_id() == to_string(id(7)));
  CHECK(told.private_());
  CHECK(dynamic_cast<const PrivacyChanged&>(*decided(out).events[2].body).private_());

  UpdateMyProfileRequest empty;
  empty.set_no_links(true);
  empty.set_avatar_media_id("");
  empty.set_cover_media_id("");
  const auto after = profile(p.ask(&profile_entity::update_my_profile, empty));
  CHECK(after.links_size() == 0);
  CHECK_FALSE(after.has_avatar_url());
  CHECK_FALSE(after.has_cover_url());
  CHECK(after.private_());

  for (const auto* bad : {"ftp://a.example", "javascript:alert(1)", "https://", "https://a b"}) {
    UpdateMyProfileRequest wrong;
    wrong.add_links()->set_url(bad);
    CHECK(code(p.ask(&profile_entity::update_my_profile, wrong)) == errc::invalid_request);
  }
}

TEST_CASE("a person who blocks the caller shows the card alone") {
  person p;
  p.born();
  p.caller.account = id(2);
  p.about = {
      .followers = 3, .following = 2, .relation = {.followed_by = true}, .blocks_viewer = true};
  const auto shown = profile(p.ask(&profile_entity::get_profile, GetProfileRequest{}));
  CHECK(shown.card_only());
  CHECK(shown.bio().empty());
  CHECK(shown.followers_count() == 0);
  std::string json;
  rpc::message_type_of<views::Profile>().write_json(shown, json);
  for (const auto* name : {"bio", "links", "cover_url", "created_at", "updated_at",
                           "followers_count", "following_count"})
    CHECK_MESSAGE(json.find(name) == json.npos, json);
  CHECK(json.find("avatar_url") != json.npos);
}

TEST_CASE("a public account is followed, a private one is asked; the second time changes nothing") {
  person p;
  p.born();
  const auto followed = p.with_person(&profile_entity::follow, id(2));
  CHECK_FALSE(dynamic_cast<const FollowReply&>(*decided(followed).reply).requested());
  REQUIRE(decided(followed).events.size() == 2);
  CHECK(decided(followed).events[0].type == &followed_event());
  CHECK(dynamic_cast<const Noticed&>(*decided(followed).events[1].body).kind() == "follow");
  CHECK(decided(followed).statements.size() == 2);
  p.facts.follows = true;
  CHECK(decided(p.with_person(&profile_entity::follow, id(2))).statements.empty());

  p.facts = {.exists = true, .is_private = true};
  const auto asked = p.with_person(&profile_entity::follow, id(2));
  CHECK(dynamic_cast<const FollowReply&>(*decided(asked).reply).existing());
  REQUIRE(decided(asked).events.size() == 2);
  CHECK(decided(asked).events[0].type == &follow_requested_event());
  CHECK(dynamic_cast<const Noticed&>(*decided(asked).events[1].body).kind() == "follow_request");
  p.facts.follows = p.facts.requested = true;
  const auto again = p.with_person(&profile_entity::follow, id(2));
  CHECK(dynamic_cast<const FollowReply&>(*decided(again).reply).existing());
  CHECK(decided(again).events.empty());

  const auto back = p.with_person(&profile_entity::unfollow, id(2));
  REQUIRE(decided(back).events.size() == 1);
  CHECK(dynamic_cast<const Unfollowed&>(*decided(back).events[0].body).requested());
  CHECK(decided(back).statements.size() == 1);
}

TEST_CASE("a follow is refused for oneself, for strangers, over the limit and across a block") {
  person p;
  p.born();
  CHECK(code(p.with_person(&profile_entity::follow, id(1))) == errc::invalid_request);
  p.facts.exists = false;
  CHECK(code(p.with_person(&profile_entity::follow, id(2))) == errc::not_found);
  p.facts = {.exists = true, .count = 2};
  CHECK(code(p.with_person(&profile_entity::follow, id(2))) == errc::conflict);
  p.facts = {.exists = true, .blocking = true};
  CHECK(code(p.with_person(&profile_entity::follow, id(2))) == errc::blocked);
  p.facts = {.exists = true, .blocked_by = true};
  CHECK(code(p.with_person(&profile_entity::follow, id(2))) == errc::blocked);
}

TEST_CASE("a block ends the own follow and drops the follower") {
  person p;
  p.born();
  p.facts = {.exists = true, .follows = true, .followed = true};
  const auto out = p.block(id(2));
  REQUIRE(decided(out).events.size() == 2);
  CHECK(decided(out).events[0].type == &blocked_event());
  CHECK(decided(out).events[1].type == &unfollowed_event());
  std::vector<std::string_view> names;
  for (const auto& s : decided(out).statements) names.push_back(s.query->name);
  CHECK(names == std::vector<std::string_view>{"user.insert_block", "user.delete_follow",
                                               "user.count_following", "user.drop_follower"});
}

TEST_CASE("an answer counts for the request that it names only") {
  person p;
  p.born();
  FollowAnswered e;
  e.set_account_id(to_string(id(2)));
  e.set_follower_id(to_string(id(1)));
  e.set_requested_at(70);
  e.set_accepted(true);
  p.facts = {.exists = true, .follows = true, .requested = true, .follow_at = 71};
  CHECK(decided(p.ask(&profile_entity::on_follow_answered, e)).statements.empty());
  p.facts.follow_at = 70;
  const auto out = p.ask(&profile_entity::on_follow_answered, e);
  REQUIRE(decided(out).events.size() == 1);
  CHECK(decided(out).events[0].type == &followed_event());
  e.set_accepted(false);
  const auto refused = p.ask(&profile_entity::on_follow_answered, e);
  REQUIRE(decided(refused).events.size() == 1);
  CHECK(decided(refused).events[0].type == &unfollowed_event());
}

TEST_CASE("becoming public accepts a page of requests and goes on by a reminder") {
  person p;
  p.born();
  p.state.profile->is_private = true;
  for (std::int64_t i = 0; i < profile_entity::accept_batch; ++i)
    p.pending.push_back({id(static_cast<std::uint8_t>(i)), i});
  UpdateMyProfileRequest q;
  q.set_private_(false);
  const auto out = p.ask(&profile_entity::update_my_profile, q);
  CHECK(decided(out).events.size() == 3 + static_cast<std::size_t>(profile_entity::accept_batch));
  REQUIRE(decided(out).reminders.size() == 1);
  p.pending.resize(1);
  google::protobuf::StringValue due;
  const auto rest = p.ask(&profile_entity::on_due, due);
  CHECK(decided(rest).events.size() == 1);
  CHECK(decided(rest).reminders.empty());
  p.state.profile->is_private = true;
  CHECK(decided(p.ask(&profile_entity::on_due, due)).events.empty());
}

TEST_CASE("a request that meets a public account is accepted at once") {
  person p;
  p.born();
  FollowRequested e;
  e.set_account_id(to_string(id(2)));
  e.set_followed_id(to_string(id(1)));
  e.set_at(70);
  const auto out = p.ask(&profile_entity::on_follow_requested, e);
  REQUIRE(decided(out).events.size() == 1);
  CHECK(dynamic_cast<const FollowAnswered&>(*decided(out).events[0].body).requested_at() == 70);
  p.state.profile->is_private = true;
  CHECK(decided(p.ask(&profile_entity::on_follow_requested, e)).events.empty());
}

TEST_CASE("a mute has an end or none, and the same mute is told once") {
  person p;
  p.born();
  MuteRequest q;
  q.set_account_id(to_string(id(2)));
  CHECK(decided(p.ask(&profile_entity::mute, q)).events.size() == 1);
  p.facts.muting = true;
  CHECK(decided(p.ask(&profile_entity::mute, q)).events.empty());
  q.set_until(2'000);
  const auto out = p.ask(&profile_entity::mute, q);
  REQUIRE(decided(out).events.size() == 1);
  CHECK(dynamic_cast<const Muted&>(*decided(out).events[0].body).until() == 2'000);
  q.set_until(1'000);
  CHECK(code(p.ask(&profile_entity::mute, q)) == errc::invalid_request);
  p.facts = {.exists = true, .count = 2};
  q.clear_until();
  CHECK(code(p.ask(&profile_entity::mute, q)) == errc::conflict);
}

TEST_CASE("a private account's lists are for its followers; who is blocked sees none") {
  person p;
  p.born();
  p.caller.account = id(2);
  const auto ask_list = [&] {
    runtime::reads r;
    const ListPeopleRequest q;
    REQUIRE(std::holds_alternative<runtime::need>(
        profile_entity::list_followers(p.state, q, p.context(), r)));
    r.append(p.rows_of(store::profile_facts(id(1), id(2), 0)));
    r.append(storage::rows{11, {}});
    return profile_entity::list_followers(p.state, q, p.context(), r);
  };
  CHECK(decided(ask_list()).reply != nullptr);
  p.state.profile->is_private = true;
  CHECK(code(ask_list()) == errc::forbidden);
  p.about.relation.following = true;
  CHECK(decided(ask_list()).reply != nullptr);
  p.about.blocks_viewer = true;
  CHECK(code(ask_list()) == errc::blocked);
  ListPeopleRequest bad;
  bad.set_cursor("x");
  CHECK(code(profile_entity::list_followers(p.state, bad, p.context(), {})) ==
        errc::invalid_request);
}

TEST_CASE("a time zone is one of the IANA database, old names included") {
  for (const auto* name : {"Europe/London", "Asia/Kolkata", "Asia/Calcutta",
                           "America/Argentina/Ushuaia", "Etc/GMT+5", "UTC"})
    CHECK_MESSAGE(known_time_zone(name), name);
  for (const auto* name : {"Mars/Olympus", "Etc/Unknown", "GMT+25:00", "london", "+01", "/"})
    CHECK_MESSAGE(!known_time_zone(name), name);
  person p;
  p.born();
  UpdateSettingsRequest q;
  q.set_time_zone("Mars/Olympus");
  CHECK(code(p.ask(&profile_entity::update_settings, q)) == errc::invalid_request);
  q.set_time_zone("Asia/Tokyo");
  CHECK(dynamic_cast<const Settings&>(*decided(p.ask(&profile_entity::update_settings, q)).reply)
            .time_zone() == "Asia/Tokyo");
}

TEST_CASE("settings change by name, and privacy is told when it changed") {
  person p;
  p.born();
  UpdateSettingsRequest q;
  q.set_locale("de");
  q.mutable_notify()->set_share(false);
  const auto quiet = p.ask(&profile_entity::update_settings, q);
  CHECK(decided(quiet).events.empty());
  const auto& now = dynamic_cast<const Settings&>(*decided(quiet).reply);
  CHECK(now.locale() == "de");
  CHECK_FALSE(now.notify().share());
  CHECK(now.notify().follow());
  UpdateSettingsRequest closed;
  closed.set_message_from("nobody");
  const auto told = p.ask(&profile_entity::update_settings, closed);
  REQUIRE(decided(told).events.size() == 1);
  const auto& privacy = dynamic_cast<const PrivacyChanged&>(*decided(told).events[0].body);
  CHECK(privacy.message_from() == "nobody");
  CHECK(privacy.presence_to() == "shared");
  CHECK(privacy.discoverable());
  CHECK(decided(p.ask(&profile_entity::update_settings, closed)).statements.empty());
}
