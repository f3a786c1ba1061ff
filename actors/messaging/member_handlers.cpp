// Membership and roles: who may add, promote, remove, and what the others are told. Handlers of conversation_entity.
#include "actors/messaging/conversation_entity.hpp"
#include "actors/messaging/conversation_rules.hpp"
#include "actors/messaging/person_lookup.hpp"

#include "protocols/core/page.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/messaging_store.hpp"

#include <algorithm>

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

namespace {

using outcome = conversation_entity::outcome;

// A conversation that grows too large for a place in its members' lists loses it.
void leave_lists(decision<conversation_state>& d, const conversation_state& s) {
  for (const auto& [account, m] : s.members)
    d.statements.push_back(store::list_member(s.id, account, 0));
}

Change role_change(const uuid& account, member_role role) {
  Change change;
  change.set_kind("role");
  change.set_account_id(to_string(account));
  change.set_role(std::string(to_text(role)));
  return change;
}

/// Accounts in one event: 40 kB.
constexpr std::size_t members_an_event = 1'000;

}  // namespace

std::vector<runtime::event> members_added(const uuid& conversation,
                                          const std::vector<uuid>& accounts, std::int64_t rev) {
  std::vector<runtime::event> out;
  for (std::size_t at = 0; at < accounts.size(); at += members_an_event) {
    MembersAdded e;
    e.set_conversation_id(to_string(conversation));
    for (auto i = at; i < std::min(accounts.size(), at + members_an_event); ++i)
      e.add_account_ids(to_string(accounts[i]));
    e.set_from_seq(1);
    e.set_rev(rev);
    out.push_back({&members_added_event(), share(std::move(e))});
  }
  return out;
}

outcome conversation_entity::add_members(const state& s, const AddMembersRequest& q,
                                         const context& c, const reads& r) {
  if (auto wrong = check_admin(s, c.caller.account)) return *wrong;
  auto accounts = distinct_accounts(q.member_ids(), c.caller.account);
  std::erase_if(accounts, [&](const uuid& id) { return s.member(id) != nullptr; });
  auto limit = settings_of(c).max_members;
  if (static_cast<std::int64_t>(s.members.size() + accounts.size()) > limit)
    return invalid_field("member_ids",
                         "A conversation has at most " + std::to_string(limit) + " members.");
  auto found = look_up_persons(accounts, c, r, 0);
  if (auto* more = std::get_if<need>(&found)) return std::move(*more);
  if (auto* e = std::get_if<error>(&found)) return std::move(*e);

  member_state added{member_role::member, c.now, s.last_seq, s.last_seq};
  MembersReply reply;
  reply.set_member_count(static_cast<std::int64_t>(s.members.size() + accounts.size()));
  Change change;
  change.set_kind("members_added");
  for (const auto& account : accounts) {
    *reply.add_items() = describe_member(account, added);
    change.add_account_ids(to_string(account));
  }
  add_names(*reply.mutable_items(), r, 0);
  decision<state> d;
  if (!accounts.empty()) {
    const auto after = s.members.size() + accounts.size();
    const bool listed = std::cmp_less_equal(after, settings_of(c).listed_members);
    const auto place = listed ? s.listed_at : 0;
    if (place != s.listed_at) leave_lists(d, s);
    d.statements.push_back(
        store::insert_members(s.id, accounts, member_role::member, c.now, s.last_seq, place));
    d.statements.push_back(store::set_member_count(s.id, static_cast<std::int64_t>(after), c.now));
    d.apply = [accounts, added, place](state& x) {
      x.listed_at = place;
      x.add(accounts, added);
      x.handles.forget();
    };
    add_change(d, s, c, {}, std::move(change));
    d.events = members_added(s.id, accounts, s.rev + 1);
    auto whole = describe(s, accounts, added);
    whole.set_rev(s.rev + 1);
    d.pushes.push_back(
        {{std::make_shared<const std::vector<uuid>>(accounts)}, make_push(std::move(whole)), 0});
  }
  d.reply = share(std::move(reply));
  return d;
}

outcome conversation_entity::set_role(const state& s, const SetRoleRequest& q, const context& c,
                                      const reads& r) {
  if (auto wrong = check_admin(s, c.caller.account)) return *wrong;
  auto role = parse_member_role(q.role());
  if (!role) return invalid_field("role", "A role is owner, admin or member.");
  auto account = *parse_uuid(q.account_id());
  const auto* target = s.member(account);
  if (!target) return make_error(errc::not_found);
  bool by_owner = s.member(c.caller.account)->role == member_role::owner;
  if (!by_owner && (*role == member_role::owner || target->role == member_role::owner))
    return make_error(errc::forbidden);
  if (target->role == member_role::owner && *role != member_role::owner && s.owners == 1)
    return make_error(errc::conflict, "The last owner stays owner until there is another.");
  if (r.size() == 0) return need{{store::known_persons({account})}};

  auto changed = *target;
  changed.role = *role;
  decision<state> d;
  if (target->role != *role) {
    d.statements.push_back(store::set_role(s.id, account, *role));
    d.apply = [account, role = *role](state& x) { x.set_role_of(account, role); };
    add_change(d, s, c, {}, role_change(account, *role));
  }
  auto member = describe_member(account, changed);
  for (const auto& person : read_persons(r.rows(0))) {
    member.set_handle(person.handle);
    member.set_display_name(person.display_name);
  }
  d.reply = share(std::move(member));
  return d;
}

outcome conversation_entity::remove_member(const state& s, const RemoveMemberRequest& q,
                                           const context& c, const reads&) {
  const auto* me = s.member(c.caller.account);
  if (!me) return make_error(errc::not_found);
  auto account = *parse_uuid(q.account_id());
  bool leaving = account == c.caller.account;
  if (s.kind == conversation_kind::direct) return make_error(errc::forbidden);
  if (!leaving && me->role == member_role::member) return make_error(errc::forbidden);
  const auto* target = s.member(account);
  if (!target) return make_error(errc::not_found);
  if (!leaving && target->role == member_role::owner && me->role != member_role::owner)
    return make_error(errc::forbidden);

  decision<state> d;
  std::optional<uuid> promoted;
  if (target->role == member_role::owner && s.owners == 1) promoted = heir(s, account);
  d.statements.push_back(store::delete_member(s.id, account));
  d.statements.push_back(store::set_member_count(s.id, std::ssize(s.members) - 1, c.now));
  Change change;
  change.set_kind("member_removed");
  change.set_account_id(to_string(account));
  d.apply = [account, promoted](state& x) {
    x.remove(account);
    if (promoted) x.set_role_of(*promoted, member_role::owner);
  };
  add_change(d, s, c, {}, std::move(change));
  MemberRemoved removed;
  removed.set_conversation_id(to_string(s.id));
  removed.set_account_id(to_string(account));
  removed.set_rev(s.rev + 1);
  removed.set_last(s.members.size() == 1);
  d.events.push_back({&member_removed_event(), share(std::move(removed))});
  if (promoted) {
    d.statements.push_back(store::set_role(s.id, *promoted, member_role::owner));
    add_change(d, s, c, {}, role_change(*promoted, member_role::owner), 1);
  }
  ConversationPush gone;
  gone.set_conversation_id(to_string(s.id));
  gone.set_kind(std::string(to_text(s.kind)));
  gone.set_rev(s.rev + 1);
  gone.set_last_seq(s.last_seq);
  gone.set_removed(true);
  d.pushes.push_back(
      {{std::make_shared<const std::vector<uuid>>(1, account)}, make_push(std::move(gone)), 0});
  d.reply = share(Empty());
  return d;
}

outcome conversation_entity::list_members(const state& s, const ListMembersRequest& q,
                                          const context& c, const reads& r) {
  if (!s.member(c.caller.account)) return make_error(errc::not_found);
  auto limit = page_limit(q);
  if (!limit) return limit.error();
  auto after = q.has_cursor() ? parse_uuid(q.cursor()) : std::optional(uuid{});
  if (!after) return invalid_field("cursor", "This is not a cursor of this list.");
  if (r.size() == 0) return need{{store::list_members(s.id, *after, *limit + 1)}};
  auto found = read_member_page(r.rows(0));
  const bool more = found.size() > static_cast<std::size_t>(*limit);
  if (more) found.pop_back();
  ListMembersReply reply;
  if (more) reply.set_next_cursor(found.back().account_id());
  for (auto& member : found) *reply.add_items() = std::move(member);
  decision<state> d;
  d.reply = share(std::move(reply));
  return d;
}

}  // namespace nova::messaging
