// Handlers of profile_entity: follows, requests and their answers.
#include "actors/user/notice_rules.hpp"
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

constexpr const char* accepting = "accept_requests";

decision done() {
  decision d;
  d.reply = runtime::share(Empty{});
  return d;
}

decision answered(bool requested) {
  FollowReply reply;
  reply.set_requested(requested);
  reply.set_existing(requested);
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

void begin_follow(decision& d, const uuid& account, const uuid& target, unix_ms now) {
  d.statements.push_back(store::save_follow(account, target, false, now));
  d.statements.push_back(store::count_following(account, 1));
  Followed e;
  e.set_account_id(to_string(account));
  e.set_followed_id(to_string(target));
  e.set_at(now);
  d.events.push_back({&followed_event(), runtime::share(std::move(e))});
}

void ask_to_follow(decision& d, const uuid& account, const uuid& target, unix_ms now) {
  d.statements.push_back(store::save_follow(account, target, true, now));
  FollowRequested e;
  e.set_account_id(to_string(account));
  e.set_followed_id(to_string(target));
  e.set_at(now);
  d.events.push_back({&follow_requested_event(), runtime::share(std::move(e))});
  notice(d, account, target, notice_kind::follow_request, {}, now);
}

void answer(decision& d, const uuid& account, const request_row& request, bool accepted) {
  FollowAnswered e;
  e.set_account_id(to_string(account));
  e.set_follower_id(to_string(request.follower_id));
  e.set_requested_at(request.at);
  e.set_accepted(accepted);
  d.events.push_back({&follow_answered_event(), runtime::share(std::move(e))});
}

outcome answer_request(const profile_state& s, const PersonRequest& q, const context& c,
                       const reads& r, bool accepted) {
  const auto follower = parse_uuid(q.account_id());
  if (!s.profile || !follower) return no_such_person();
  if (r.size() == 0) return need{{store::relation_facts(s.id, *follower, c.now)}};
  const auto facts = read_relation_facts(r.rows(0));
  if (!facts.exists && !facts.asked) return no_such_person();
  auto d = done();
  if (!facts.asked) {
    if (accepted && !facts.followed)
      return make_error(errc::not_found, "There is no such request.");
    return d;
  }
  if (accepted) d.statements.push_back(store::accept_requests(s.id, {*follower}, c.now));
  else d.statements.push_back(store::drop_follower(s.id, *follower));
  answer(d, s.id, {*follower, facts.follower_at}, accepted);
  return d;
}

}  // namespace

void end_follow(decision& d, const uuid& account, const uuid& target,
                const relation_facts_row& facts) {
  if (!facts.follows) return;
  d.statements.push_back(store::delete_follow(account, target));
  if (!facts.requested) d.statements.push_back(store::count_following(account, -1));
  Unfollowed e;
  e.set_account_id(to_string(account));
  e.set_followed_id(to_string(target));
  e.set_requested(facts.requested);
  d.events.push_back({&unfollowed_event(), runtime::share(std::move(e))});
}

void accept_page(decision& d, const profile_state& s, const std::vector<request_row>& page,
                 unix_ms now) {
  if (page.empty()) return;
  std::vector<uuid> followers;
  followers.reserve(page.size());
  for (const auto& request : page) {
    followers.push_back(request.follower_id);
    answer(d, s.id, request, true);
  }
  d.statements.push_back(store::accept_requests(s.id, std::move(followers), now));
  if (static_cast<std::int64_t>(page.size()) == profile_entity::accept_batch)
    d.reminders.push_back({accepting, now});
}

outcome profile_entity::follow(const profile_state& s, const PersonRequest& q, const context& c,
                               const reads& r) {
  const auto target = parse_uuid(q.account_id());
  if (!s.profile || !target) return no_such_person();
  if (*target == s.id) return invalid_field("account_id", "Nobody can follow themselves.");
  if (r.size() == 0)
    return need{{store::relation_facts(s.id, *target, c.now, relation_count::follows)}};
  const auto facts = read_relation_facts(r.rows(0));
  if (!facts.exists) return no_such_person();
  if (facts.blocking || facts.blocked_by) return make_error(errc::blocked);
  if (facts.follows) return answered(facts.requested);
  if (facts.count >= c.service<user_services>().settings.follows_per_account)
    return make_error(errc::conflict, "This account follows as many people as it may.");
  auto d = answered(facts.is_private);
  if (facts.is_private) {
    ask_to_follow(d, s.id, *target, c.now);
  } else {
    begin_follow(d, s.id, *target, c.now);
    notice(d, s.id, *target, notice_kind::follow, {}, c.now);
  }
  return d;
}

outcome profile_entity::unfollow(const profile_state& s, const PersonRequest& q, const context& c,
                                 const reads& r) {
  const auto target = parse_uuid(q.account_id());
  if (!s.profile || !target) return no_such_person();
  if (*target == s.id) return invalid_field("account_id", "Nobody can follow themselves.");
  if (r.size() == 0) return need{{store::relation_facts(s.id, *target, c.now)}};
  const auto facts = read_relation_facts(r.rows(0));
  if (!facts.exists && !facts.follows) return no_such_person();
  auto d = done();
  end_follow(d, s.id, *target, facts);
  return d;
}

outcome profile_entity::accept_follow(const profile_state& s, const PersonRequest& q,
                                      const context& c, const reads& r) {
  return answer_request(s, q, c, r, true);
}

outcome profile_entity::refuse_follow(const profile_state& s, const PersonRequest& q,
                                      const context& c, const reads& r) {
  return answer_request(s, q, c, r, false);
}

outcome profile_entity::on_blocked(const profile_state& s, const Blocked& e, const context& c,
                                   const reads& r) {
  const auto blocker = parse_uuid(e.account_id()).value();
  if (r.size() == 0) return need{{store::relation_facts(s.id, blocker, c.now)}};
  decision d;
  end_follow(d, s.id, blocker, read_relation_facts(r.rows(0)));
  return d;
}

outcome profile_entity::on_follow_requested(const profile_state& s, const FollowRequested& e,
                                            const context& c, const reads&) {
  decision d;
  if (!s.profile) return d;
  const auto follower = parse_uuid(e.account_id()).value();
  if (s.profile->is_private) {
    d.statements.push_back(store::add_request(s.id, follower, e.at()));
    return d;
  }
  // The account has become public since it was asked.
  d.statements.push_back(store::add_follower(s.id, follower, c.now));
  answer(d, s.id, {follower, e.at()}, true);
  return d;
}

outcome profile_entity::on_follow_answered(const profile_state& s, const FollowAnswered& e,
                                           const context& c, const reads& r) {
  const auto target = parse_uuid(e.account_id()).value();
  if (r.size() == 0) return need{{store::relation_facts(s.id, target, c.now)}};
  const auto facts = read_relation_facts(r.rows(0));
  decision d;
  // Another request than the one that was answered waits for an answer of its own.
  if (!facts.requested || facts.follow_at != e.requested_at()) return d;
  if (e.accepted()) begin_follow(d, s.id, target, c.now);
  else end_follow(d, s.id, target, facts);
  return d;
}

outcome profile_entity::on_due(const profile_state& s, const google::protobuf::StringValue&,
                               const context& c, const reads& r) {
  if (!s.profile || s.profile->is_private) return decision{};
  if (r.size() == 0) return need{{store::pending_requests(s.id, accept_batch)}};
  decision d;
  accept_page(d, s, read_requests(r.rows(0)), c.now);
  return d;
}

}  // namespace nova::user
