// Rules of membership and roles.
#include "tests/messaging/rules_fixture.hpp"

namespace nova::messaging {

namespace {

runtime::reads persons(std::initializer_list<uuid> known, bool blocked = false) {
  std::vector<storage::value> cells;
  for (const auto& id : known)
    cells.insert(cells.end(), {id, std::string("handle"), std::string("Name")});
  if (known.size() > 0)
    cells.insert(cells.end(), {account(2), std::string("me"), std::string("Me")});
  runtime::reads r;
  r.append(storage::rows(3, cells));
  r.append(blocked ? storage::rows(1, {account(1)}) : storage::rows());
  return r;
}

AddMembersRequest add(std::initializer_list<std::uint8_t> accounts) {
  AddMembersRequest q;
  for (auto n : accounts) q.add_member_ids(to_string(account(n)));
  return q;
}

SetRoleRequest role(std::uint8_t n, std::string role) {
  SetRoleRequest q;
  q.set_account_id(to_string(account(n)));
  q.set_role(std::move(role));
  return q;
}

RemoveMemberRequest removal(std::uint8_t n) {
  RemoveMemberRequest q;
  q.set_account_id(to_string(account(n)));
  return q;
}

}  // namespace

TEST_CASE_FIXTURE(rules_fixture, "an admin adds members, who have read what was there") {
  commit(conversation_entity::send(s, message("c", "x"), *context, none));
  act_as(3);
  CHECK(refused(conversation_entity::add_members(s, add({4}), *context, none)) == errc::forbidden);
  act_as(2);
  REQUIRE(std::holds_alternative<runtime::need>(
      conversation_entity::add_members(s, add({4, 5}), *context, none)));
  auto d = commit(conversation_entity::add_members(s, add({3, 4, 4, 5}), *context,
                                                   persons({account(4), account(5)})));
  CHECK(s.members.size() == 5);
  CHECK(s.everyone->size() == 5);
  CHECK(s.members[account(4)].read_seq == 1);
  CHECK(s.rev == 1);
  CHECK(d.pushes.size() ==
        2);  // the change to those who were there, the conversation to the new ones
  auto again = commit(conversation_entity::add_members(s, add({4}), *context, none));
  CHECK(again.statements.empty());
}

TEST_CASE_FIXTURE(rules_fixture,
                  "an unknown account is waited for, then it is not found; a block refuses") {
  auto r = persons({});
  auto wait = conversation_entity::add_members(s, add({4}), *context, r);
  REQUIRE(std::holds_alternative<runtime::need>(wait));
  CHECK(std::holds_alternative<runtime::pause>(std::get<runtime::need>(wait).items.at(0)));
  CHECK(std::get<runtime::need>(wait).meanwhile == runtime::meanwhile::goes_on);  // S1
  for (int i = 0; i < 100; ++i) {
    auto out = conversation_entity::add_members(s, add({4}), *context, r);
    if (std::holds_alternative<error>(out)) break;
    bool paused = std::holds_alternative<runtime::pause>(std::get<runtime::need>(out).items.at(0));
    r.append(paused ? runtime::reads::item() : runtime::reads::item(storage::rows()));
  }
  CHECK(refused(conversation_entity::add_members(s, add({4}), *context, r)) == errc::not_found);
  CHECK(refused(conversation_entity::add_members(s, add({4}), *context,
                                                 persons({account(4)}, true))) == errc::blocked);
}

TEST_CASE_FIXTURE(rules_fixture,
                  "roles: an admin does not touch owners, and there is always an owner") {
  act_as(2);
  CHECK(refused(conversation_entity::set_role(s, role(3, "owner"), *context, none)) ==
        errc::forbidden);
  CHECK(refused(conversation_entity::set_role(s, role(1, "member"), *context, none)) ==
        errc::forbidden);
  commit(conversation_entity::set_role(s, role(3, "admin"), *context, persons({account(3)})));
  CHECK(s.members[account(3)].role == member_role::admin);
  act_as(1);
  CHECK(refused(conversation_entity::set_role(s, role(1, "member"), *context, none)) ==
        errc::conflict);
  CHECK(refused(conversation_entity::set_role(s, role(3, "king"), *context, none)) ==
        errc::invalid_request);
  CHECK(refused(conversation_entity::set_role(s, role(9, "admin"), *context, none)) ==
        errc::not_found);
}

TEST_CASE_FIXTURE(rules_fixture,
                  "a member may leave; when the last owner leaves an admin follows") {
  act_as(3);
  CHECK(refused(conversation_entity::remove_member(s, removal(2), *context, none)) ==
        errc::forbidden);
  commit(conversation_entity::remove_member(s, removal(3), *context, none));
  CHECK(s.members.size() == 2);
  act_as(1);
  auto d = commit(conversation_entity::remove_member(s, removal(1), *context, none));
  CHECK(s.members[account(2)].role == member_role::owner);
  CHECK(s.rev == 3);
  CHECK(static_cast<const ConversationPush&>(d.pushes.back().push->body()).removed());
  CHECK(refused(conversation_entity::remove_member(s, removal(2), *context, none)) ==
        errc::not_found);
}

TEST_CASE_FIXTURE(rules_fixture,
                  "A5: a join or a leave in a large group makes one slice of its audience anew") {
  auto numbered = [](std::uint32_t n) {
    auto id = account(7);
    for (int i = 0; i < 4; ++i) id.data[12 - i] = static_cast<std::uint8_t>(n >> 8 * i);
    return id;
  };
  for (std::uint32_t n = 0; n < 5'000; ++n)
    s.members[numbered(n)] = {member_role::member, 30, 0, 0};
  s.refresh_everyone();
  REQUIRE(s.crowd);
  auto shared_after = [&](auto change) {
    const auto before = s.crowd;
    change();
    CHECK(s.crowd->size() == s.members.size());
    std::size_t same = 0;
    for (std::size_t i = 0; i < runtime::account_set::slices; ++i)
      same += before->part(i) == s.crowd->part(i);
    return same;
  };
  CHECK(shared_after([&] {
          auto d = commit(conversation_entity::add_members(s, add({4}), *context,
                                                           persons({account(4), account(1)})));
          CHECK(d.pushes[0].to.many->size() == 5'003);
        }) == 63);
  CHECK(s.crowd->contains(account(4)));
  CHECK(shared_after([&] {
          commit(conversation_entity::remove_member(s, removal(4), *context, none));
        }) == 63);
  CHECK_FALSE(s.crowd->contains(account(4)));
}

TEST_CASE_FIXTURE(rules_fixture, "owners are counted through joins, roles and leaves") {
  auto recount = [&] {
    return std::ranges::count_if(s.members,
                                 [](const auto& m) { return m.second.role == member_role::owner; });
  };
  commit(conversation_entity::set_role(s, role(2, "owner"), *context, persons({account(2)})));
  CHECK(s.owners == 2);
  commit(conversation_entity::set_role(s, role(2, "admin"), *context, persons({account(2)})));
  CHECK(s.owners == recount());
  commit(conversation_entity::remove_member(s, removal(1), *context, none));
  CHECK(s.owners == 1);  // the heir
  CHECK(s.owners == recount());
}

TEST_CASE_FIXTURE(rules_fixture, "membership of a direct conversation is fixed") {
  s.kind = conversation_kind::direct;
  CHECK(refused(conversation_entity::add_members(s, add({4}), *context, none)) == errc::forbidden);
  CHECK(refused(conversation_entity::remove_member(s, removal(1), *context, none)) ==
        errc::forbidden);
}

}  // namespace nova::messaging
