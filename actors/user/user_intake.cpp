// See user_intake.hpp.
#include "actors/user/user_intake.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/user/user_store.hpp"

namespace nova::user {
namespace {

using runtime::context;
using runtime::effect;
using runtime::entity_effect;
using runtime::read_model_effect;
using runtime::reads;

/// Lands in the profile that `account` names.
template <class Event>
runtime::intake to_profile(const rpc::event_type& type,
                           const std::string& (Event::*account)() const) {
  return {&type, [account](const rpc::message& m, const context&, const reads&) -> effect {
            return entity_effect{"profile", (static_cast<const Event&>(m).*account)()};
          }};
}

effect on_followed(const rpc::message& m, const context&, const reads&) {
  const auto& e = static_cast<const Followed&>(m);
  return read_model_effect{{store::add_follower(parse_uuid(e.followed_id()).value(),
                                                parse_uuid(e.account_id()).value(), e.at())},
                           {},
                           {}};
}

effect on_unfollowed(const rpc::message& m, const context&, const reads&) {
  const auto& e = static_cast<const Unfollowed&>(m);
  return read_model_effect{{store::drop_follower(parse_uuid(e.followed_id()).value(),
                                                 parse_uuid(e.account_id()).value())},
                           {},
                           {}};
}

}  // namespace

std::vector<runtime::intake> intakes() {
  auto blocked = to_profile<Blocked>(blocked_event(), &Blocked::blocked_id);
  blocked.safety = true;
  return {
      to_profile<auth::AccountRegistered>(auth::account_registered_event(),
                                          &auth::AccountRegistered::account_id),
      std::move(blocked),
      to_profile<FollowRequested>(follow_requested_event(), &FollowRequested::followed_id),
      to_profile<FollowAnswered>(follow_answered_event(), &FollowAnswered::follower_id),
      {&followed_event(), on_followed},
      {&unfollowed_event(), on_unfollowed},
  };
}

}  // namespace nova::user
