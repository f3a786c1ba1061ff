// Handlers of profile_entity: blocks and mutes.
#include "actors/user/profile_entity.hpp"

#include "actors/user/user_rules.hpp"
#include "actors/user/user_services.hpp"
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
  if (r.size() == 0)
    return need{{store::relation_facts(s.id, *target, c.now, relation_count::blocks)}};
  const auto facts = read_relation_facts(r.rows(0));
  if (!facts.exists) return no_such_person();
  auto d = done();
  if (facts.blocking == wanted) return d;
  if (wanted && facts.count >= c.service<user_services>().settings.blocks_per_account)
    return make_error(errc::conflict, "This account blocks as many people as it may.");
  if (!wanted) {
    d.statements.push_back(store::delete_block(s.id, *target));
    Unblocked e;
    e.set_account_id(to_string(s.id));
    e.set_blocked_id(to_string(*target));
    d.events.push_back({&unblocked_event(), runtime::share(std::move(e))});
    return d;
  }
  d.statements.push_back(store::insert_block(s.id, *target, c.now));
  Blocked e;
  e.set_account_id(to_string(s.id));
  e.set_blocked_id(to_string(*target));
  d.events.push_back({&blocked_event(), runtime::share(std::move(e))});
  end_follow(d, s.id, *target, facts);
  // The other direction is ended by its owner behind the event. Own lists and counters show it at once.
  if (facts.followed) d.statements.push_back(store::drop_follower(s.id, *target));
  return d;
}

}  // namespace

outcome profile_entity::block(const profile_state& s, const BlockRequest& q, const context& c,
                              const reads& r) {
  return set_blocked(s, q, c, r, true);
}

outcome profile_entity::unblock(const profile_state& s, const BlockRequest& q, const context& c,
                                const reads& r) {
  return set_blocked(s, q, c, r, false);
}

outcome profile_entity::mute(const profile_state& s, const MuteRequest& q, const context& c,
                             const reads& r) {
  const auto target = parse_uuid(q.account_id());
  if (!s.profile || !target) return no_such_person();
  if (*target == s.id) return invalid_field("account_id", "Nobody can mute themselves.");
  std::optional<unix_ms> until;
  if (q.has_until()) until = q.until();
  if (until && *until <= c.now) return invalid_field("until", "This time is over.");
  if (r.size() == 0)
    return need{{store::relation_facts(s.id, *target, c.now, relation_count::mutes)}};
  const auto facts = read_relation_facts(r.rows(0));
  if (!facts.exists) return no_such_person();
  auto d = done();
  if (facts.muting && facts.mute_until == until) return d;
  if (!facts.muting && facts.count >= c.service<user_services>().settings.mutes_per_account)
    return make_error(errc::conflict, "This account mutes as many people as it may.");
  d.statements.push_back(store::save_mute(s.id, *target, until, c.now));
  Muted e;
  e.set_account_id(to_string(s.id));
  e.set_muted_id(to_string(*target));
  if (until) e.set_until(*until);
  d.events.push_back({&muted_event(), runtime::share(std::move(e))});
  return d;
}

outcome profile_entity::unmute(const profile_state& s, const PersonRequest& q, const context& c,
                               const reads& r) {
  const auto target = parse_uuid(q.account_id());
  if (!s.profile || !target) return no_such_person();
  if (r.size() == 0) return need{{store::relation_facts(s.id, *target, c.now)}};
  const auto facts = read_relation_facts(r.rows(0));
  if (!facts.exists && !facts.muting) return no_such_person();
  auto d = done();
  if (!facts.muting) return d;
  d.statements.push_back(store::delete_mute(s.id, *target));
  Unmuted e;
  e.set_account_id(to_string(s.id));
  e.set_muted_id(to_string(*target));
  d.events.push_back({&unmuted_event(), runtime::share(std::move(e))});
  return d;
}

}  // namespace nova::user
