// What user decides, without runtime and database: profiles from auth's event, updates, blocks,
// look-ups by handle.
#include "actors/user/directory_entity.hpp"
#include "actors/user/profile_entity.hpp"
#include "actors/user/user_intake.hpp"
#include "actors/user/user_services.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "protocols/views/views.pb.h"

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
  std::any services{std::make_shared<user_services>(
      user_services{{.bio_code_points = 5, .blocks_per_account = 2}})};
  rpc::caller caller;
  no_random random;
  block_facts_row facts{true, false, 0};

  runtime::context context() { return {"key", caller, now, random, "request", "", 0, &services}; }

  template <class Request>
  profile_entity::outcome ask(profile_entity::outcome (*h)(const profile_state&, const Request&,
                                                           const runtime::context&,
                                                           const runtime::reads&),
                              const Request& q) {
    runtime::reads r;
    auto out = h(state, q, context(), r);
    if (auto* need = std::get_if<runtime::need>(&out)) {
      REQUIRE(std::get<storage::statement>(need->items.at(0)).query->name == "user.block_facts");
      r.append(storage::rows{3, {facts.target_exists, facts.blocked, facts.blocks}});
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

Profile profile(const auto& out) { return dynamic_cast<const Profile&>(*decided(out).reply); }

}  // namespace

TEST_CASE("auth's event leads to its account's profile") {
  const auto taken = intakes();
  REQUIRE(taken.size() == 1);
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
  REQUIRE(decided(first).statements.size() == 1);
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
  REQUIRE(decided(named).events.size() == 1);
  CHECK(dynamic_cast<const ProfileChanged&>(*decided(named).events[0].body).display_name() ==
        "New Name");
  const auto told = p.update(std::nullopt, "hi 中");
  CHECK(profile(told).display_name() == "New Name");
  CHECK(profile(told).bio() == "hi 中");
  CHECK(decided(told).events.empty());
  CHECK(decided(told).statements.size() == 1);
  CHECK(UpdateMyProfileRequest::descriptor()->field_count() == 2);
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
  CHECK(profile(p.update(" ", std::nullopt)).display_name() == "Ann");
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
  // The commit may not have been seen by a read yet: what was decided counts.
  CHECK(decided(p.block(id(2))).events.empty());
  const auto end = p.unblock(id(2));
  REQUIRE(decided(end).events.size() == 1);
  CHECK(decided(end).events[0].type == &unblocked_event());
  p.facts.blocked = true;
  CHECK(decided(p.unblock(id(2))).events.empty());
  CHECK(decided(p.block(id(2))).events.size() == 1);
}

TEST_CASE("a block that stood before this activation is known from the database") {
  person p;
  p.born();
  p.facts.blocked = true;
  CHECK(decided(p.block(id(2))).events.empty());
  CHECK(decided(p.unblock(id(2))).events.size() == 1);
}

TEST_CASE("nobody can block themselves, somebody unknown, or more people than allowed") {
  person p;
  CHECK(code(p.block(id(2))) == errc::not_found);
  p.born();
  CHECK(code(p.block(id(1))) == errc::invalid_request);
  CHECK(code(p.unblock(id(1))) == errc::invalid_request);
  p.facts.target_exists = false;
  CHECK(code(p.block(id(2))) == errc::not_found);
  CHECK(code(p.unblock(id(2))) == errc::not_found);
  p.facts = {true, false, 2};
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
  CHECK(code(look("ann", none)) == errc::not_found);
  runtime::reads found;
  found.append(storage::rows{
      10,
      {id(1), std::string("Ann"), std::string("Ann Lee"), std::string("bio"), storage::timestamp{1},
       storage::timestamp{2}, storage::bytes{}, storage::value{}, storage::value{}, false}});
  const auto out = look("ann", found);
  REQUIRE(std::holds_alternative<runtime::decision<directory_state>>(out));
  const auto& shown =
      dynamic_cast<const Profile&>(*std::get<runtime::decision<directory_state>>(out).reply);
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
