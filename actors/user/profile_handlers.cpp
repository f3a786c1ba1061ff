// Handlers of profile_entity.
#include "actors/user/profile_entity.hpp"

#include "actors/user/user_rules.hpp"
#include "actors/user/user_services.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/core/page.hpp"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/user/user_store.hpp"

namespace nova::user {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<profile_state>;
using outcome = profile_entity::outcome;

outcome shown(const profile_state& s) {
  if (!s.profile) return no_such_person();
  decision d;
  d.reply = runtime::share(profile_message(*s.profile));
  return d;
}

template <class Event>
void tell(decision& d, const rpc::event_type& type, const uuid& account, const uuid& target) {
  Event e;
  e.set_account_id(to_string(account));
  e.set_blocked_id(to_string(target));
  d.events.push_back({&type, runtime::share(std::move(e))});
}

bool is_blocked(const profile_state& s, const uuid& target, const block_facts_row& facts) {
  const auto decided = s.decided_blocks.find(target);
  return decided == s.decided_blocks.end() ? facts.blocked : decided->second;
}

void remember(decision& d, const profile_state& s, const uuid& target, bool blocked) {
  d.apply = [target, blocked](profile_state& x) { x.decided_blocks[target] = blocked; };
  d.passivate = s.decided_blocks.size() >= profile_entity::max_decided_blocks;
}

decision done() {
  decision d;
  d.reply = runtime::share(Empty{});
  return d;
}

outcome set_blocked(const profile_state& s, const BlockRequest& q, const context& c, const reads& r,
                    bool wanted) {
  const auto target = parse_uuid(q.account_id());
  if (!s.profile || !target) return no_such_person();
  if (*target == s.id) return invalid_field("account_id", "Nobody can block themselves.");
  if (r.size() == 0) return need{{store::block_facts(s.id, *target)}};
  const auto facts = read_block_facts(r.rows(0));
  if (!facts.target_exists) return no_such_person();
  auto d = done();
  if (is_blocked(s, *target, facts) == wanted) return d;
  if (wanted && facts.blocks >= c.service<user_services>().settings.blocks_per_account)
    return make_error(errc::conflict, "This account blocks as many people as it may.");
  if (wanted) {
    d.statements.push_back(store::insert_block(s.id, *target, c.now));
    tell<Blocked>(d, blocked_event(), s.id, *target);
  } else {
    d.statements.push_back(store::delete_block(s.id, *target));
    tell<Unblocked>(d, unblocked_event(), s.id, *target);
  }
  remember(d, s, *target, wanted);
  return d;
}

}  // namespace

outcome profile_entity::get_profile(const profile_state& s, const GetProfileRequest&,
                                    const context& c, const reads&) {
  if (s.profile && !may_see(*s.profile, c.caller.account)) return make_error(errc::unauthenticated);
  return shown(s);
}

outcome profile_entity::get_my_profile(const profile_state& s, const GetMyProfileRequest&,
                                       const context&, const reads&) {
  return shown(s);
}

outcome profile_entity::update_my_profile(const profile_state& s, const UpdateMyProfileRequest& q,
                                          const context& c, const reads&) {
  if (!s.profile) return no_such_person();
  auto next = updated_profile(*s.profile, q, c.now, c.service<user_services>().settings);
  if (next.has_error()) return next.error();
  decision d;
  d.reply = runtime::share(profile_message(*next));
  if (next->display_name == s.profile->display_name && next->bio == s.profile->bio) return d;
  d.statements.push_back(store::update_profile(*next));
  if (next->display_name != s.profile->display_name)
    d.events.push_back({&profile_changed_event(), runtime::share(profile_changed_message(*next))});
  d.apply = [row = *std::move(next)](profile_state& x) { x.profile = row; };
  return d;
}

outcome profile_entity::block(const profile_state& s, const BlockRequest& q, const context& c,
                              const reads& r) {
  return set_blocked(s, q, c, r, true);
}

outcome profile_entity::unblock(const profile_state& s, const BlockRequest& q, const context& c,
                                const reads& r) {
  return set_blocked(s, q, c, r, false);
}

outcome profile_entity::on_account_registered(const profile_state& s,
                                              const auth::AccountRegistered& e, const context& c,
                                              const reads&) {
  if (s.profile) return decision{};
  profile_row row{s.id, e.handle(), e.display_name(), {}, e.registered_at(), e.registered_at()};
  decision d;
  d.statements.push_back(store::insert_profile(row));
  d.events.push_back({&profile_changed_event(), runtime::share(profile_changed_message(row))});
  d.apply = [row = std::move(row)](profile_state& x) { x.profile = row; };
  return d;
}

}  // namespace nova::user
